"""Every example of a format is prepared, and docs/data.md lists them all."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare

ROOT = Path(__file__).parents[3]
FORMATS = ROOT / "examples" / "formats"
TASKS = {
    "handbook.md": "pretraining",
    "kto.jsonl": "kto",
    "preference.jsonl": "preference",
    "preference-messages.jsonl": "preference",
    "preference-openai.jsonl": "preference",
}
RECIPES: dict[str, Any] = {
    "tickets-several-columns.csv": {
        "template": "{subject}: {message}",
        "columns": {"label": "category"},
    }
}


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_an_example_loses_no_row(path: Path) -> None:
    # When
    document, sink = prepare(path.read_bytes(), path.name, **RECIPES.get(path.name, {}))

    # Then
    written = (sink.files[f"{name}.jsonl"] for name in ("train", "validation", "test"))
    assert document.rows.source == sum(len(text.splitlines()) for text in written)
    assert document.rows.source == (61 if path.name == "handbook.md" else 30)  # paragraphs
    assert document.rows.rejected == document.rows.duplicates == 0
    assert document.findings == []
    by_answers = "classification" if document.labels else "generation"
    assert document.task == TASKS.get(path.name, by_answers)


def test_the_document_lists_every_example() -> None:
    # Given
    text = (ROOT / "docs" / "data.md").read_text()
    listed = set(re.findall(r"\(\.\./examples/formats/([^)]+)\)", text))

    # Then
    assert listed == {path.name for path in FORMATS.iterdir()}
