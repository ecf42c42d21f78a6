"""The files and folders that the documents name exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# The documents leave these folders out where the context names them.
FOLDERS = (
    "",
    "functions",
    "functions/tunedrop",
    "localcloud",
    "training_container",
    "training_container/tuning",
)
ENDINGS = (".py", ".j2", ".json", ".yaml", ".toml", ".txt", ".sh", ".md")
# What a run, SageMaker, Hugging Face, a user or a tool writes: no part of the repository.
WRITTEN = re.compile(
    r"\..*|(runs|models|datasets|ml|input|output|manifests|annotations|checkpoints)/.*"
    r"|(dataset|config|model|report|email|failure|notice)/([\w-]+\.(json|jsonl|html))?"
)
CODE = ("functions", "localcloud", "training_container", "docs", "examples", "tests", "benchmarks")
NAMES = {path.name for folder in CODE for path in (ROOT / folder).rglob("*")}
# What the changes described in docs/architecture.md would add.
NOT_WRITTEN_YET = {"feather.py", "dpo.py"}


def named_in(document: Path) -> set[str]:
    """Return the paths and modules that a document has in backquotes."""
    words = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", document.read_text()))
    return {word for word in words if "/" in word or word.endswith(".py")} - NOT_WRITTEN_YET


def missing(names: set[str]) -> Iterator[str]:
    """Yield the paths that exist below no folder, and the modules and folders without a path."""
    for name in sorted(names):
        if not name.endswith((*ENDINGS, "/")) or WRITTEN.fullmatch(name):
            continue
        alone = name.removesuffix("/")
        if "/" not in alone and alone in NAMES:
            continue
        if not any((ROOT / folder / name).exists() for folder in FOLDERS):
            yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_folder_that_a_document_names_exists(document: Path) -> None:
    assert list(missing(named_in(document))) == []


@pytest.mark.parametrize(
    "name", ["readers/gone.py", "dataset/gone/", "gone.py", "gone/", "docs/gone.md"]
)
def test_a_named_file_or_folder_that_does_not_exist_is_found(name: str) -> None:
    assert list(missing({name, "dataset/readers/", "ending.py", "dataset/dataset.json"})) == [name]
