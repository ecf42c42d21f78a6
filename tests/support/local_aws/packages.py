"""The packages of the functions: built once, then linked into the folder of each local AWS."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.stack.images import TRAINING_IMAGE
from localcloud.stack.package import build_layer, build_package
from localcloud.stack.template import LAYER, Template

ROOT = Path(__file__).parents[3]
PACKAGES = ROOT / ".cache" / "packages"


def provide_packages(build_dir: Path) -> None:
    """Put the product's packages into a build folder, where localcloud finds them by their digest.

    Test processes run side by side: one builds, and the others wait for it.
    """
    with alone():
        parameters = {"TrainingImage": TRAINING_IMAGE}  # As localcloud deploys it.
        Template.read(ROOT / "template.yaml").replace_local_code(_build, parameters)
        build_dir.mkdir(parents=True, exist_ok=True)
        for archive in PACKAGES.glob("*.zip"):
            _link(archive, build_dir / archive.name)


@contextmanager
def alone() -> Iterator[None]:
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with PACKAGES.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, kind: str) -> str:
    build = build_layer if kind == LAYER else build_package
    return str(build(folder, PACKAGES))


def _link(archive: Path, target: Path) -> None:
    """Link the archive without a copy; localcloud replaces archives and never changes one."""
    target.unlink(missing_ok=True)
    try:
        os.link(archive, target)
    except OSError:  # on another file system
        shutil.copyfile(archive, target)
