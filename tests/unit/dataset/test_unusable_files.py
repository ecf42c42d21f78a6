"""Files that cannot be trained on end in one clear error."""

import sys
from pathlib import Path

import pytest

from tests.unit.dataset.memory import MemoryFile, MemorySink, prepare, table
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.errors import DatasetError
from tunedrop.recipe import Recipe

FORMATS = Path(__file__).parents[3] / "examples" / "formats"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data.csv is empty"),
        (b" \r\n\t\n", "data.csv holds nothing but blanks"),
        (b"\x89PNG\r\n\x1a\n1234", "data.csv is a PNG picture"),
        (b"text,label\n", "leaves 0 usable rows; at least 3 are needed"),
        (b"text,label\none row,good\n", "leaves 1 usable rows; at least 3 are needed"),
        (b"text,label\n" + b"the same,good\n" * 50, "leaves 1 usable rows"),
    ],
)
def test_the_message_says_what_it_is(content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        prepare(content)


def test_when_all_rows_are_bad_the_commonest_problems_are_told_with_an_example() -> None:
    sink = MemorySink()
    lines = '{"messages": [}\n' * 30 + '{"messages": []}\n' * 40
    with pytest.raises(DatasetError) as caught:
        prepare_dataset(
            MemoryFile(lines, "chat.jsonl"), Recipe(), sink, dataset="d", run="r", source_uri="s"
        )
    assert "40 x empty (for example line 31: messages is an empty list.)" in caught.value.message
    assert "30 x invalid_json (for example line 1: Not valid JSON" in caught.value.message
    assert len(sink.rejected) == 70


def test_progress_reaches_the_size_of_the_file() -> None:
    told: list[tuple[int, int]] = []
    prepare_dataset(
        MemoryFile(table(30)),
        Recipe(),
        MemorySink(),
        dataset="d",
        run="r",
        source_uri="s",
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (len(table(30)), len(table(30)))


def test_a_classification_of_free_text_is_refused() -> None:
    text = "question,answer\n" + "".join(f"what about {n}?,answer number {n}\n" for n in range(300))
    with pytest.raises(DatasetError, match="too many for a classification"):
        prepare(text, task="classification")


LAYER = ("ftfy", "ftfy.badness", "pyarrow", "pyarrow.parquet", "python_calamine", "rensa",
         "tokenizers")  # fmt: skip


def test_without_the_prepare_layer_text_works_and_the_other_formats_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in LAYER:
        monkeypatch.setitem(sys.modules, module, None)  # importing it fails now
    assert prepare(table(60))[0].rows.train == 48
    for name in ("tickets.parquet", "tickets.xlsx", "tickets.csv.zst"):
        with pytest.raises(DatasetError, match="the prepare layer is missing"):
            prepare((FORMATS / name).read_bytes(), name)
