"""A model whose repository has code of its own, which `trust_remote_code` would run."""

import json
import shutil
from pathlib import Path


def make_model_with_code(model: Path, folder: Path) -> Path:
    """Copy a model of an unknown architecture, with code; return the file that the code writes."""
    trace = folder.with_name("the-code-was-run")
    shutil.copytree(model, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "homemade",
        "auto_map": {"AutoConfig": "homemade.Config", "AutoModelForCausalLM": "homemade.Model"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = folder / "tokenizer_config.json"
    settings = json.loads(tokenizer.read_text())
    settings |= {"auto_map": {"AutoTokenizer": [None, "homemade.Tokenizer"]}}
    tokenizer.write_text(json.dumps(settings))
    code = f"open({str(trace)!r}, 'w').close()\nConfig = Model = Tokenizer = None\n"
    (folder / "homemade.py").write_text(code)
    return trace
