"""Files that cannot be trained on end in one clear error."""

import json
import sys
from pathlib import Path

import pytest

from tests.unit.dataset.memory import MemoryFile, MemorySink, prepare, table
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.errors import DatasetError, Problem
from tunedrop.recipe.schema import Recipe

FORMATS = Path(__file__).parents[3] / "examples" / "formats"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "data.csv is empty"),
        (b" \r\n\t\n", "data.csv contains only blanks"),
        (b"\x89PNG\r\n\x1a\n1234", "data.csv is a PNG picture"),
        (b"text,label\n", "has 0 usable rows; at least 3 are needed"),
        (b"text,label\none row,good\n", "has 1 usable rows; at least 3 are needed"),
        (b"text,label\n" + b"the same,good\n" * 50, "has 1 usable rows"),
    ],
)
def test_the_message_says_what_it_is(content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        prepare(content)


def refused(lines: str, name: str = "chat.jsonl") -> tuple[DatasetError, MemorySink]:
    sink = MemorySink()
    with pytest.raises(DatasetError) as caught:
        prepare_dataset(
            MemoryFile(lines, name), Recipe(), sink, dataset="d", run="r", source_uri="s"
        )
    return caught.value, sink


def test_when_all_rows_are_bad_the_problems_are_told_with_an_example_and_what_to_do() -> None:
    error, sink = refused('{"messages": [}\n' * 30 + '{"messages": []}\n' * 40)
    assert "Of its 70 rows, 70 were rejected and 0 are duplicates." in error.message
    empty, invalid = error.problems
    assert empty == Problem(
        rows=40,
        meaning="with a missing or empty value",
        place="line 31 of chat.jsonl",
        message="messages is an empty list.",
        excerpt='{"messages": []}',
        fix="Fill the value in, or leave the row out.",
    )
    assert (invalid.rows, invalid.place) == (30, "line 1 of chat.jsonl")
    assert len(sink.rejected) == 70


def test_the_example_of_a_problem_shows_nothing_private_and_fits_in_one_line() -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    chat = [{"role": "user", "content": f"it is {key} for jo@example.com,\n\x07 {'so ' * 90}"}]
    rows = json.dumps({"messages": [*chat, {"role": "assistant", "content": "ok"}]})
    unanswered = json.dumps({"messages": chat})
    error, _ = refused(f"{rows}\n{unanswered}\n")
    assert [problem.meaning for problem in error.problems] == [
        "with a key, token or password",
        "without an answer at the end",
    ]
    for problem in error.problems:
        assert "it is [SECRET] for [EMAIL]" in problem.excerpt
        assert key not in f"{problem.message} {problem.excerpt}"
        assert len(problem.excerpt) <= 120
        assert problem.excerpt.isprintable()


def test_an_example_in_one_of_several_files_names_that_file() -> None:
    content = json.dumps({"train": [{"text": "a"}] * 5, "test": [{"label": "b"}] * 5})
    error, _ = refused(content, "data.json")
    assert error.problems[0].place.endswith("of data.json test")


def test_a_file_of_twins_is_told_to_add_rows_that_differ() -> None:
    error, _ = refused("text,label\n" + "the same,good\n" * 50, "data.csv")
    assert "0 were rejected and 49 are duplicates" in error.message
    assert error.remedy.startswith("Add rows that differ")
    assert error.problems == []


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
