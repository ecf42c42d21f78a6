"""The programs that stand for the product's images."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.package import build_layer, build_package
from localcloud.sagemaker import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localcloud.function_runtime.code import CodeStore

PROJECT = Path(__file__).resolve().parent.parent
CONTAINER = PROJECT / "training_container"
FUNCTIONS = PROJECT / "functions"
LAYERS = (FUNCTIONS / "prepare_layer", FUNCTIONS / "tokenizer_layer")


def product_images(state_dir: Path, code: CodeStore) -> Mapping[str, Image]:
    """Programs by the repository name of an image's URI; `code` unpacks what they run."""
    return {
        "tunedrop-training": Image(
            train=(sys.executable, str(CONTAINER / "train.py")),
            entrypoints={"prepare": PrepareProgram(state_dir / "build", code)},
        ),
        "vllm": Image(serve=(sys.executable, str(CONTAINER / "serve.py"))),
    }


class PrepareProgram:
    """The command line of the image's `prepare`: the functions' package, and nothing beside it.

    What the image installs into a folder of its own is what a function finds in its package and
    its layers; all are unpacked when the first job asks for them.
    """

    def __init__(self, build_dir: Path, code: CodeStore) -> None:
        self._build_dir = build_dir
        self._code = code
        self._lock = threading.Lock()

    def __call__(self) -> Sequence[str]:
        """Build what is not built yet; raises LocalCloudError when pip cannot install it."""
        with self._lock:
            code = self._unpacked(build_package(FUNCTIONS, self._build_dir))
            layers = [self._unpacked(build_layer(layer, self._build_dir)) for layer in LAYERS]
        path = os.pathsep.join([str(code), *(str(layer / "python") for layer in layers)])
        python = [sys.executable, "-S", "-P", "-X", "utf8", "-m", "prepare.job"]
        return ["/usr/bin/env", f"PYTHONPATH={path}", *python]

    def _unpacked(self, archive: Path) -> Path:
        return self._code.unpack(archive.name, archive.read_bytes())
