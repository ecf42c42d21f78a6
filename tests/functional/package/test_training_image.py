"""The training image that a stack builds: its sources, its build and its resources."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.stack.template import Template
from tests.support.local_aws.packages import ROOT

DOCUMENT: dict[str, Any] = Template.read(ROOT / "template.yaml").document
RESOURCES: dict[str, Any] = DOCUMENT["Resources"]
LAYERS = {"TrainingSources": "training_container", "FunctionSources": "functions"}
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
ECR_NAME = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"
STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/My-Stack/1a2b3c4d-00-11-22-33"
REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/1a2b/tunedrop-training"
BASE = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
# A program that writes down how it was called, and fails when the test says so.
PROGRAM = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
  *get-layer-version-by-arn*) echo "https://example.com/layer.zip" ;;
  *login*) cat > /dev/null || true ;;
esac
[[ -z "$BROKEN" || "$(basename "$0") $*" != *"$BROKEN"* ]]
"""


def built(layer: str, folder: Path) -> Path:
    """Make a layer as the SAM CLI makes it; return its folder."""
    source = ROOT / LAYERS[layer]
    folder.mkdir()
    command = ["make", "--silent", "--makefile", str(source / "Makefile"), f"build-{layer}"]
    environment = {**os.environ, "ARTIFACTS_DIR": str(folder)}
    subprocess.run(command, cwd=source, env=environment, check=True)
    return folder


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the image is built: both layers, unpacked."""
    whole = tmp_path_factory.mktemp("context")
    for layer in LAYERS:
        folder = built(layer, tmp_path_factory.mktemp("layers") / layer)
        shutil.copytree(folder, whole, dirs_exist_ok=True)
    return whole


def test_the_layers_have_every_file_that_the_image_copies(context: Path) -> None:
    # Given
    dockerfile = (context / "training_container" / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE)

    # Then
    assert len(copied) >= 5
    assert [path for path in copied if not (context / path).exists()] == []
    for tree in LAYERS.values():
        sources = {
            path.relative_to(ROOT)
            for path in (ROOT / tree).rglob("*.py")
            if not {"__pycache__", ".mypy_cache"} & set(path.parts)
        }
        assert [str(path) for path in sources if not (context / path).exists()] == []


def test_the_layers_have_no_files_that_change_by_themselves(context: Path) -> None:
    assert [str(path) for path in context.rglob("*cache*") if path.name != "cache.py"] == []
    assert list(context.rglob("*.pyc")) == []


class Build:
    """The project's commands in bash, with programs that only write down how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in ("aws", "curl", "docker", "unzip", "rm"):
            (self.programs / name).write_text(PROGRAM)
            (self.programs / name).chmod(0o755)

    def run(self, broken: str = "") -> tuple[int, list[str]]:
        """Run the phases until one fails; return its exit status, and the calls."""
        spec = yaml.safe_load(RESOURCES["ImageBuild"]["Properties"]["Source"]["BuildSpec"])
        calls = self.folder / "calls"
        calls.write_text("")
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "BROKEN": broken,
            "SOURCES": "layer:TrainingSources:3 layer:FunctionSources:7",
            "IMAGE_TAG": "0a1b",
            "AWS_REGION": "us-east-1",
            "REPOSITORY_URI": REPOSITORY,
            "BASE_REGISTRY": BASE,
        }
        status = 0
        for phase in ("pre_build", "build"):
            for command in spec["phases"][phase]["commands"]:
                if not status:
                    shell = ["bash", "-c", command]
                    status = subprocess.run(shell, env=environment, check=False).returncode
        return status, calls.read_text().splitlines()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_the_build_unpacks_both_layers_and_pushes_the_tag(build: Build) -> None:
    # When
    status, calls = build.run()

    # Then
    assert status == 0
    layers = [call.split("--arn ")[1].split()[0] for call in calls if "get-layer" in call]
    assert layers == ["layer:TrainingSources:3", "layer:FunctionSources:7"]
    logins = [call.rsplit(" ", 1)[1] for call in calls if call.startswith("docker login")]
    assert logins == [BASE, REPOSITORY.partition("/")[0]]
    assert calls[-1] == f"docker push {REPOSITORY}:0a1b"


def test_the_image_has_a_manifest_that_sagemaker_reads(build: Build) -> None:
    # When
    _, calls = build.run()

    # Then
    (command,) = [call for call in calls if call.startswith("docker build")]
    for option in (
        "--platform linux/amd64",
        "--provenance=false",
        "--output type=docker",
        "--build-arg AWS_REGION=us-east-1",
        f"--tag {REPOSITORY}:0a1b",
    ):
        assert option in command


@pytest.mark.parametrize("broken", ["get-layer-version", "curl", "unzip", "login", "docker build"])
def test_nothing_is_pushed_after_a_step_that_failed(broken: str, build: Build) -> None:
    # When
    status, calls = build.run(broken)

    # Then
    assert status != 0
    assert [call for call in calls if call.startswith("docker push")] == []


def test_a_stack_whose_name_has_capitals_gets_a_repository() -> None:
    # Given
    pattern, values = RESOURCES["TrainingRepository"]["Properties"]["RepositoryName"]["Fn::Sub"]
    index, split = values["Id"]["Fn::Select"]
    assert split == {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}

    # When
    name = pattern.replace("${Id}", STACK_ID.split("/")[index])

    # Then
    assert name == "1a2b3c4d-00-11-22-33/tunedrop-training"
    assert re.fullmatch(ECR_NAME, name)


def test_with_an_image_of_the_users_own_nothing_is_built() -> None:
    # Given
    kinds = ("AWS::CodeBuild", "AWS::ECR", "Custom::TunedropTrainingImage")
    names = {name for name, one in RESOURCES.items() if one["Type"].startswith(kinds)} | {*LAYERS}
    unconditional = [
        name for name, one in RESOURCES.items() if one.get("Condition") != "BuildsTrainingImage"
    ]

    # Then nothing that always exists needs what may be missing
    assert len(names) == 5
    assert names.isdisjoint(unconditional)
    for name in unconditional:
        if names & set(re.findall(r"'(?:Ref|Fn::GetAtt)': \[?'(\w+)'", str(RESOURCES[name]))):
            assert "'Fn::If': ['BuildsTrainingImage'" in str(RESOURCES[name]), name


def test_the_build_ends_before_cloudformation_stops_waiting() -> None:
    # Given
    project = RESOURCES["ImageBuild"]["Properties"]
    minutes = project["TimeoutInMinutes"] + project["QueuedTimeoutInMinutes"]

    # Then
    assert minutes * 60 < int(RESOURCES["BuiltImage"]["Properties"]["ServiceTimeout"]) <= 3600
