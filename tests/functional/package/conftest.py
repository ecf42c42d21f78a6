"""The functions' package and layers as the product's Makefiles build them for this machine."""

import zipfile
from pathlib import Path

import pytest

from localcloud.stack.package import build_layer, build_package
from tests.support.local_aws.packages import PACKAGES, ROOT, alone

FUNCTIONS = ROOT / "functions"


@pytest.fixture(scope="session")
def archives() -> dict[str, Path]:
    """The zip archives that localcloud deploys, by the folder's name."""
    with alone():
        return {
            "functions": build_package(FUNCTIONS, PACKAGES),
            **{
                layer: build_layer(FUNCTIONS / layer, PACKAGES)
                for layer in ("prepare_layer", "tokenizer_layer")
            },
        }


@pytest.fixture(scope="session")
def unpacked(archives: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of each archive."""
    folder = tmp_path_factory.mktemp("packages")
    for name, archive in archives.items():
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder / name)
    return folder
