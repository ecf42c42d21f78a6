"""Builds the packages of functions and layers as `sam build` does: requirements, then sources.

A folder with a Makefile is built by it, as with `BuildMethod: makefile`: its target `requirements`,
and `sources` if there is one, write into ARTIFACTS_DIR. They run with this machine's Python and
platform. Without a Makefile, pip installs requirements.txt and the sources are copied and compiled.
Archives are named by a digest of their content, so that a change of the sources does not install
the requirements again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    Say = Callable[[str], None]

REQUIREMENTS = "requirements.txt"
MAKEFILE = "Makefile"
OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, so that equal contents make equal archives."""
ERROR_LINES = 8
"""The number of pip's last lines that an error shows."""


def _say_nothing(_line: str) -> None:
    """Drop a line of progress: a job has no terminal."""


def build_package(sources: Path, build_dir: Path, say: Say = _say_nothing) -> Path:
    """Return the zip archive of a function's CodeUri; `say` gets a line before it is built.

    Raises LocalCloudError when a declared requirement cannot be installed.
    """
    return _build(sources, build_dir, "", say)


def build_layer(sources: Path, build_dir: Path, say: Say = _say_nothing) -> Path:
    """Return the zip archive of a layer's ContentUri: like a package, but below `python/`."""
    prefix = "" if (sources / MAKEFILE).exists() else "python/"  # A Makefile makes the folder.
    return _build(sources, build_dir, prefix, say)


def _build(sources: Path, build_dir: Path, prefix: str, say: Say) -> Path:
    build_dir.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in sources.rglob("*") if _belongs(path))
    requirements = _requirements(sources, build_dir, prefix, say)
    digest = _digest([requirements.name.encode(), *_contents(sources, files)])
    archive = build_dir / f"{sources.resolve().name}-{digest}.zip"
    if not archive.exists():
        say(f"packing {sources.resolve().name}, once after each change")
        with _fresh(build_dir / f"{archive.stem}.staging") as staging:
            _add_sources(sources, files, staging)
            partial = archive.with_suffix(".partial")
            shutil.copyfile(requirements, partial)
            _add_to_zip(partial, staging, prefix)
            partial.rename(archive)
        for old in build_dir.glob(f"{sources.resolve().name}-*.zip"):
            if old != archive:
                old.unlink()
    return archive


def _add_sources(sources: Path, files: Iterable[Path], staging: Path) -> None:
    makefile = sources / MAKEFILE
    if makefile.exists():
        if re.search(r"^sources:", makefile.read_text(encoding="utf-8"), re.MULTILINE):
            _make("sources", sources, staging)
        return
    for path in files:
        target = staging / path.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _compile(staging)


def _requirements(sources: Path, build_dir: Path, prefix: str, say: Say) -> Path:
    """The archive of the installed requirements of `sources`, empty when there are none."""
    declared = sources / REQUIREMENTS
    texts = [path.read_bytes() if path.exists() else b"" for path in (declared, sources / MAKEFILE)]
    digest = _digest([sys.version.encode(), prefix.encode(), *texts])
    archive = build_dir / f"requirements.{digest}.zip"
    if not archive.exists():
        with _fresh(build_dir / f"{archive.stem}.staging") as staging:
            if any(texts):
                name = sources.resolve().name
                say(f"installing the requirements of {name}, once (up to a minute)")
                if texts[1]:
                    _make("requirements", sources, staging)
                else:
                    _install(declared, staging)
                    _compile(staging)
            partial = archive.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            _add_to_zip(partial, staging, prefix)
            partial.rename(archive)
    return archive


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """An empty folder, which is removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def _install(requirements: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command += ["--disable-pip-version-check", "--target", str(target)]
    done = subprocess.run(
        [*command, "--requirement", str(requirements)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-ERROR_LINES:])
        raise LocalCloudError(f"pip could not install {requirements}:\n{tail}")


def _make(goal: str, sources: Path, target: Path) -> None:
    command = ["make", "--silent", goal, f"ARTIFACTS_DIR={target.resolve()}"]
    command += [f"LAMBDA_PYTHON={sys.executable}", "LAMBDA_PLATFORM="]
    # Options of a `make` that started localcloud are not for this one.
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    try:
        done = subprocess.run(
            command, cwd=sources, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise LocalCloudError("`make` is needed to build the functions; install it") from None
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-ERROR_LINES:])
        raise LocalCloudError(f"`make {goal}` failed in {sources}:\n{tail}")


def _compile(folder: Path) -> None:
    """Compile what is not compiled yet; the byte code is valid whatever the sources' dates."""
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*command, str(folder)],
        check=False,  # a package may carry files for other Pythons that do not compile
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _add_to_zip(archive: Path, folder: Path, prefix: str) -> None:
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = prefix + path.relative_to(folder).as_posix()
            info = zipfile.ZipInfo(name, date_time=OLDEST_ZIP_TIME)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, path.read_bytes(), compresslevel=1)


def _belongs(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _contents(sources: Path, files: Iterable[Path]) -> Iterable[bytes]:
    for path in files:
        yield path.relative_to(sources).as_posix().encode()
        yield path.read_bytes()


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
