"""Every example of a format is prepared, and docs/data.md lists them all."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare
from tunedrop.errors import DatasetError

ROOT = Path(__file__).parents[3]
FORMATS = ROOT / "examples" / "formats"
NOT_TRAINABLE = ("handbook.md", "kto.jsonl", "preference.jsonl", "preference-messages.jsonl")
RECIPES: dict[str, Any] = {
    "tickets-several-columns.csv": {
        "template": "{subject}: {message}",
        "columns": {"label": "category"},
    }
}


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_an_example_loses_no_row(path: Path) -> None:
    if path.name in NOT_TRAINABLE:
        with pytest.raises(DatasetError, match="training is not built yet"):
            prepare(path.read_bytes(), path.name)
        return

    # When
    document, sink = prepare(path.read_bytes(), path.name, **RECIPES.get(path.name, {}))

    # Then
    assert document.rows.source == len(sink.all_rows()) == 30
    assert document.rows.rejected == document.rows.duplicates == 0
    assert document.findings == []
    assert document.task == ("classification" if document.labels else "generation")


def test_the_document_lists_every_example() -> None:
    # Given
    text = (ROOT / "docs" / "data.md").read_text()
    listed = set(re.findall(r"\(\.\./examples/formats/([^)]+)\)", text))

    # Then
    assert listed == {path.name for path in FORMATS.iterdir()}
