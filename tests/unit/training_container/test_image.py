"""The image's Dockerfile copies what exists, and the build context has nothing else."""

import re
from pathlib import Path

from tunedrop.jobs.processing_job import ENTRYPOINT

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "training_container" / "Dockerfile").read_text()
ADMITTED = {
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text().splitlines()
    if line.startswith("!")
}


def test_dockerfile_copies_exactly_what_the_build_context_has() -> None:
    # Given the sources of the COPY lines
    sources = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE)

    # When they are looked up, then all exist, and .dockerignore admits their folders only
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {Path(source).parts[0] for source in sources} == ADMITTED


def test_image_has_the_entry_point_of_processing_jobs() -> None:
    # Given the link to the program of processing jobs
    link = re.search(rf"ln -s (\S+) {ENTRYPOINT}\b", DOCKERFILE)

    # When it is followed, then it runs a module that is in the image
    assert link
    program = (ROOT / "training_container" / link[1]).read_text()
    module = re.search(r"-m (\S+)", program)
    assert module
    assert (ROOT / "functions" / f"{module[1].replace('.', '/')}.py").exists()
    assert "PYTHONPATH=/opt/functions " in program
    assert "--target /opt/functions " in DOCKERFILE


def test_documents_build_the_image_from_the_root() -> None:
    # Given every page that tells how the image is built
    documents = [
        ROOT / "README.md",
        ROOT / "docs" / "testing.md",
        ROOT / "training_container/Dockerfile",
    ]
    builds = [
        line
        for path in documents
        for line in path.read_text().splitlines()
        if "docker build" in line
    ]

    # When its commands are read, then each builds from the repository's root
    assert builds
    assert [line for line in builds if not line.endswith(" .")] == []
    assert [line for line in builds if "-f training_container/Dockerfile" not in line] == []
