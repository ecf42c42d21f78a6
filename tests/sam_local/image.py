"""The image of the Lambda runtime: AWS's, or a stand-in of the same name from this machine's files.

The stand-in has this machine's Python 3.13 with AWS's runtime interface client, and nothing of
Amazon Linux: whoever quotes a result must say so.
"""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
PULL_SECONDS = 120
CLIENT = "awslambdaric==4.2.2"
PROGRAMS = ["sh", "mv", "cp", "chmod", "mkdir", "env", "cat", "ls", "rm"]
ENTRY = """#!/bin/sh
exec /var/runtime/bootstrap "$@"
"""
BOOTSTRAP = """#!/bin/sh
export PYTHONPATH=/var/task:/opt/python:/var/runtime
exec {python} -m awslambdaric "${{_HANDLER:-$1}}"
"""
# What compiled packages of the functions load besides. They are not in the image, so ldd sees none.
BASE_LIBRARIES = ["pthread", "dl", "rt", "m", "util", "resolv", "nss_dns", "stdc++", "gcc_s", "z"]
LEFT_OUT = ("/test/", "/tests/", "/site-packages/", "/idlelib/", "/tkinter/", "__pycache__")


def architecture() -> str:
    """Return the name that SAM has for this machine's processor."""
    return MACHINES[platform.machine()]


def provide_image(python: Path, variables: dict[str, str]) -> str:
    """Pull the image, or make a stand-in; returns which of them it is.

    Args:
        python: the Python 3.13 of this machine, for the stand-in.
        variables: of `engine.engine`.
    """
    name = f"public.ecr.aws/lambda/python:3.13-{architecture()}"
    environment = {**os.environ, **variables}
    if _succeeds(["docker", "image", "inspect", name], environment):
        return f"{name}, already here"
    if _succeeds(["docker", "pull", "--quiet", name], environment):
        return f"AWS's image {name}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        _fill(root, python)
        archive = Path(folder) / "root.tar"
        with tarfile.open(archive, "w") as packed:
            packed.add(root, arcname=".")
        changes = ['ENTRYPOINT ["/lambda-entrypoint.sh"]', "WORKDIR /var/task", "ENV PATH=/bin"]
        command = ["docker", "import"]
        command += [word for change in changes for word in ("--change", change)]
        subprocess.run(
            [*command, str(archive), name], env=environment, check=True, stdout=subprocess.DEVNULL
        )
    return "a stand-in of this machine's own files, not Amazon Linux"


def _succeeds(command: list[str], environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False, timeout=PULL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _fill(root: Path, python: Path) -> None:
    prefix = python.resolve().parents[1]
    shutil.copytree(prefix, root / prefix.relative_to("/"), ignore=_not_needed, symlinks=True)
    found = [Path(shutil.which(name) or "").resolve() for name in PROGRAMS]
    (root / "bin").mkdir(parents=True, exist_ok=True)
    for name, program in zip(PROGRAMS, found, strict=True):
        shutil.copy(program, root / "bin" / name)
    for library in _libraries([*found, python, *prefix.rglob("*.so")]):
        target = root / library.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    (root / "var").mkdir()
    (root / "var" / "lang").symlink_to(prefix)  # Where AWS's image has Python.
    client = root / "var" / "runtime"
    command = [str(python), "-m", "pip", "install", "--quiet", "--target", str(client), CLIENT]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    shutil.copytree("/etc/ssl/certs", root / "etc/ssl/certs", symlinks=False)
    for path, text in (
        (root / "lambda-entrypoint.sh", ENTRY),
        (client / "bootstrap", BOOTSTRAP.format(python=python)),
    ):
        path.write_text(text)
        path.chmod(0o755)
    for folder in ("tmp", "var/task", "var/rapid", "opt"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)


def _not_needed(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if any(part in f"{folder}/{name}/" for part in LEFT_OUT)}


def _libraries(programs: list[Path]) -> set[Path]:
    """Return what the dynamic linker loads for programs and libraries, the linker included."""
    found = set()
    for program in programs:
        command = ["ldd", str(program)]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        found |= {Path(word) for word in listed.stdout.split() if word.startswith("/")}
    folder = next(path.parent for path in found if path.name.startswith("libc.so"))
    for name in BASE_LIBRARIES:
        found |= set(folder.glob(f"lib{name}.so.*"))
    return {path for path in found if path.is_file()}
