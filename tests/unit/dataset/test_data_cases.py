"""Small made-up files in the image of real ones: each row as a person would read it.

tests/data_cases/README.md describes the files and what is expected of them.
"""

import re
from pathlib import Path

import msgspec
import pytest

from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.readers.record import Table
from tunedrop.documents.dataset import Columns, Dataset
from tunedrop.documents.rows import AnyRow, Message
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

CASES = Path(__file__).parents[2] / "data_cases"
EXPECTED = ".expected.json"


class NumberedRow(AnyRow):
    """A row with its number in the file."""

    row: int = 0


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """What a person expects of a file; README.md describes the fields."""

    why: str
    shape: str = ""
    format: str = ""
    certainty: str = ""
    recipe: dict[str, object] = {}
    rows: dict[int, list[str]] = {}
    rejected: dict[int, str] = {}
    duplicates: int = 0
    told: list[str] = []
    error: str = ""
    asked: str = ""


class AskedError(Exception):
    """The reading is doubtful, so a run would ask."""


def refuse_doubtful(_table: Table, columns: Columns) -> None:
    """Stop where a run would ask."""
    if columns.certainty == "doubtful":
        raise AskedError(columns.doubt)


def prepared(path: Path, wanted: Expected) -> tuple[Dataset, MemorySink]:
    """Prepare a file with all rows in train.jsonl."""
    whole = {"split": {"validation": 0, "test": 0}, **wanted.recipe}
    sink = MemorySink()
    document = prepare_dataset(
        MemoryFile(path.read_bytes(), path.name),
        msgspec.convert(whole, Recipe),
        sink,
        dataset="case",
        run="r",
        source_uri="s",
        consider=refuse_doubtful if wanted.asked else None,
    )
    return document, sink


def as_written(row: AnyRow, system: str | None) -> list[str]:
    """Return a row's messages as `role: text`, without the system prompt that lists the labels."""
    if row.text:
        return [f"text: {row.text}"]
    spoken = [*row.prompt, *row.completion]
    listed = [_line(each.role, each) for each in spoken if each.content != system]
    listed += [_line("chosen", each) for each in row.chosen]
    listed += [_line("rejected", each) for each in row.rejected]
    listed += [f"label: {str(row.label).lower()}"] if row.label is not None else []
    return listed + ([f"tools: {msgspec.json.encode(row.tools).decode()}"] if row.tools else [])


def _line(role: str, message: Message) -> str:
    return f"{role}: {message.text}"


@pytest.mark.parametrize("expected", sorted(CASES.glob(f"*{EXPECTED}")), ids=lambda p: p.name)
def test_a_file_is_read_as_a_person_reads_it(expected: Path) -> None:
    # Given
    wanted = msgspec.json.decode(expected.read_bytes(), type=Expected, strict=False)
    name = expected.name.removesuffix(EXPECTED)
    [path] = [path for path in CASES.glob(f"{name}.*") if path != expected]

    # When
    if wanted.error:
        with pytest.raises(DatasetError) as caught:
            prepared(path, wanted)
        assert wanted.error in f"{caught.value.message} {caught.value.remedy}"
        return
    if wanted.asked:
        with pytest.raises(AskedError, match=re.escape(wanted.asked)):
            prepared(path, wanted)
        return
    document, sink = prepared(path, wanted)

    # Then
    rows = msgspec.json.Decoder(NumberedRow).decode_lines(sink.files["train.jsonl"])
    system = document.system if document.task == "classification" else None
    assert {row.row: as_written(row, system) for row in rows} == wanted.rows
    assert {row.row: row.reason for row in sink.rejected} == wanted.rejected
    assert document.rows.duplicates == wanted.duplicates
    assert wanted.shape in ("", document.columns.shape)
    assert wanted.format in ("", document.format)
    assert wanted.certainty in ("", document.columns.certainty)
    said = f"{document.columns.why} {document.warnings} {document.findings}"
    assert [text for text in wanted.told if text not in said] == []
