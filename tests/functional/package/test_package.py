"""The package of the functions: its bytes, its size, and what its handlers import."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from localcloud.stack.template import Template
from tests.support.local_aws.packages import ROOT

FUNCTIONS = ROOT / "functions"
HANDLERS = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))
HEAVY = ["sagemaker", "datasets", "pandas", "numpy", "torch", "transformers"]
# Needed by few invocations, so imported where they are used: together they take 35 ms.
LATE = ["jinja2", "yaml"]
MEGABYTE = 1_000_000


def imported(handler: str, path: list[Path]) -> set[str]:
    """Import a handler in a process of its own; returns the names of all modules it loads."""
    program = f"import json, sys, {handler}.app; print(json.dumps([*sys.modules]))"
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(map(str, path))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_function_and_layer_is_built_by_a_makefile() -> None:
    # Given
    resources = Template.read(ROOT / "template.yaml").document["Resources"]

    # When
    methods = {
        name: resource.get("Metadata", {}).get("BuildMethod")
        for name, resource in resources.items()
        if resource["Type"].startswith("AWS::Serverless::")
    }

    # Then
    assert len(methods) >= 8
    assert set(methods.values()) == {"makefile"}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_imports_no_heavy_package(handler: str) -> None:
    # When it is imported where all of them are installed
    loaded = imported(handler, [FUNCTIONS])

    # Then
    assert "boto3" in loaded
    assert loaded.isdisjoint(HEAVY + LATE)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_needs_nothing_but_its_package(handler: str, unpacked: Path) -> None:
    # Given
    layers = [unpacked / name / "python" for name in ("prepare_layer", "tokenizer_layer")]
    path = [unpacked / "functions", *(layers if handler == "prepare" else [])]

    # When
    program = f"import sys; sys.path[:0] = {[str(folder) for folder in path]}; import {handler}.app"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    # Then
    assert done.returncode == 0, done.stderr


def test_the_local_package_is_byte_for_byte_that_of_sam_build(
    unpacked: Path, tmp_path: Path
) -> None:
    # Given a copy of the sources, as the SAM CLI makes one
    copy, built = tmp_path / "copy", tmp_path / "built"
    shutil.copytree(FUNCTIONS, copy)

    # When make runs as the SAM CLI runs it, for the Python and platform of this machine
    command = ["make", "--makefile", str(FUNCTIONS / "Makefile"), "build-SweepFunction"]
    variables = {"LAMBDA_PYTHON": sys.executable, "LAMBDA_PLATFORM": ""}
    built.mkdir()
    subprocess.run(
        command,
        cwd=copy,
        env={**os.environ, **variables, "ARTIFACTS_DIR": str(built)},
        check=True,
    )

    # Then
    ours, theirs = files_in(unpacked / "functions"), files_in(built)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_package_and_layers_stay_well_below_the_limits_of_lambda(
    archives: dict[str, Path],
) -> None:
    # When
    sizes = {}
    for name, archive in archives.items():
        with zipfile.ZipFile(archive) as packed:
            sizes[name] = sum(file.file_size for file in packed.infolist())

    # Then
    assert archives["functions"].stat().st_size < 15 * MEGABYTE
    assert sum(sizes.values()) < 200 * MEGABYTE  # Lambda allows 250 MB.


def test_all_modules_have_byte_code_that_is_never_checked(unpacked: Path) -> None:
    # Given
    sources = [*(unpacked / "functions").rglob("*.py"), *(unpacked / "prepare_layer").rglob("*.py")]

    # When
    flags = {}
    for source in sources:
        cached = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        flags[source.relative_to(unpacked).as_posix()] = (
            cached.read_bytes()[4] if cached.exists() else None
        )

    # Then
    assert len(flags) > 500
    assert [name for name, flag in flags.items() if flag != 1] == []  # PEP 552


def test_the_package_describes_every_service_that_functions_call(unpacked: Path) -> None:
    # Given
    sources = [path.read_text() for path in (FUNCTIONS / "tunedrop").rglob("*.py")]
    services = sorted({name for text in sources for name in re.findall(r'client\("(.+?)"\)', text)})
    assert {"s3", "sagemaker", "sagemaker-runtime", "sns", "lambda"} <= set(services)

    # When
    program = (
        f"import sys; sys.path.insert(0, {str(unpacked / 'functions')!r}); import boto3\n"
        f"for name in {services}:\n"
        "    client = boto3.client(name, region_name='eu-central-1')\n"
        "    client.meta.service_model.operation_names, client.exceptions"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    # Then
    assert done.returncode == 0, done.stderr
