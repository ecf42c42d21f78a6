"""The programs that stand for the product's images."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from localcloud.sagemaker import Image
from localcloud.stack.package import build_layer, build_package
from localcloud.stack.template import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from localcloud.function_runtime.code import CodeStore

CONTAINER = PROJECT / "training_container"
FUNCTIONS = PROJECT / "functions"
TRAINING_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:local"
"""The parameter TrainingImage here: there is no CodeBuild, so the stack builds no image."""
LAYERS = (FUNCTIONS / "prepare_layer", FUNCTIONS / "tokenizer_layer")


def product_images(state_dir: Path, code: CodeStore) -> Mapping[str, Image]:
    """Programs by the repository name of an image's URI; `code` unpacks the packages they use."""
    return {
        "tunedrop-training": Image(
            train=(sys.executable, str(CONTAINER / "train.py")),
            entrypoints={
                "prepare": PrepareProgram(state_dir / "build", code),
                "fetch": lambda: [sys.executable, str(CONTAINER / "fetch.py")],
            },
        ),
        "vllm": Image(serve=(sys.executable, str(CONTAINER / "serve.py"))),
    }


class PrepareProgram:
    """Gives the command line of the image's `prepare` program.

    Its import path has the functions' package and layers, and nothing else: the image installs the
    same into a folder of its own. They are built and unpacked when the first job starts.
    """

    def __init__(self, build_dir: Path, code: CodeStore) -> None:
        self._build_dir = build_dir
        self._code = code
        self._lock = threading.Lock()

    def __call__(self) -> Sequence[str]:
        """Build what is missing; raises LocalCloudError when pip cannot install a requirement."""
        with self._lock:
            code = self._unpacked(build_package(FUNCTIONS, self._build_dir))
            layers = [self._unpacked(build_layer(layer, self._build_dir)) for layer in LAYERS]
        path = os.pathsep.join([str(code), *(str(layer / "python") for layer in layers)])
        python = [sys.executable, "-S", "-P", "-X", "utf8", "-m", "prepare.job"]
        return ["/usr/bin/env", f"PYTHONPATH={path}", *python]

    def _unpacked(self, archive: Path) -> Path:
        return self._code.unpack(archive.name, archive.read_bytes())
