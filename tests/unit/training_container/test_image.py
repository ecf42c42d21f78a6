"""The image's Dockerfile: what it copies is there and let into the build, and nothing else is."""

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


def test_given_the_dockerfile_when_it_copies_then_the_source_is_there_and_admitted() -> None:
    sources = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE)

    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {Path(source).parts[0] for source in sources} == ADMITTED


def test_given_the_entry_point_of_processing_jobs_when_looked_up_then_the_image_has_it() -> None:
    link = re.search(rf"ln -s (\S+) {ENTRYPOINT}\b", DOCKERFILE)

    assert link
    program = (ROOT / "training_container" / link[1]).read_text()
    module = re.search(r"-m (\S+)", program)
    assert module
    assert (ROOT / "functions" / f"{module[1].replace('.', '/')}.py").exists()
    assert "PYTHONPATH=/opt/functions " in program
    assert "--target /opt/functions " in DOCKERFILE


def test_given_the_documents_when_they_build_the_image_then_they_do_so_from_the_root() -> None:
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

    assert builds
    assert [line for line in builds if not line.endswith(" .")] == []
    assert [line for line in builds if "-f training_container/Dockerfile" not in line] == []
