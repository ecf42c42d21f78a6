"""A file that cannot be trained on causes one DatasetError with a remedy."""

import json
import sys
from pathlib import Path

import pytest

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemoryFile, MemorySink, prepare
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
def test_the_error_says_what_is_wrong_with_the_file(content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        prepare(content)


def refused(lines: str, name: str = "chat.jsonl") -> tuple[DatasetError, MemorySink]:
    sink = MemorySink()
    with pytest.raises(DatasetError) as caught:
        prepare_dataset(
            MemoryFile(lines, name), Recipe(), sink, dataset="d", run="r", source_uri="s"
        )
    return caught.value, sink


def test_the_error_of_a_file_of_bad_rows_lists_problems_with_examples() -> None:
    # When
    error, sink = refused('{"messages": [}\n' * 30 + '{"messages": []}\n' * 40)

    # Then
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


def test_an_example_of_a_problem_is_masked_and_fits_in_one_line() -> None:
    # Given
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    chat = [{"role": "user", "content": f"it is {key} for jo@example.com,\n\x07 {'so ' * 90}"}]
    rows = json.dumps({"messages": [*chat, {"role": "assistant", "content": "ok"}]})
    unanswered = json.dumps({"messages": chat})

    # When
    error, _ = refused(f"{rows}\n{unanswered}\n")

    # Then
    assert [problem.meaning for problem in error.problems] == [
        "with a key, token or password",
        "without an answer at the end",
    ]
    for problem in error.problems:
        assert "it is [SECRET] for [EMAIL]" in problem.excerpt
        assert key not in f"{problem.message} {problem.excerpt}"
        assert len(problem.excerpt) <= 120
        assert problem.excerpt.isprintable()


def test_an_example_of_a_problem_names_its_part_of_the_file() -> None:
    # Given
    content = json.dumps({"train": [{"text": "a"}] * 5, "test": [{"label": "b"}] * 5})

    # When
    error, _ = refused(content, "data.json")

    # Then
    assert error.problems[0].place.endswith("of data.json test")


def test_the_remedy_for_a_file_of_duplicates_is_to_add_different_rows() -> None:
    # When
    error, _ = refused("text,label\n" + "the same,good\n" * 50, "data.csv")

    # Then
    assert "0 were rejected and 49 are duplicates" in error.message
    assert error.remedy.startswith("Add rows that differ")
    assert error.problems == []


def test_progress_reaches_the_size_of_the_file() -> None:
    # Given
    reported: list[tuple[int, int]] = []

    # When
    prepare_dataset(
        MemoryFile(table(30)),
        Recipe(),
        MemorySink(),
        dataset="d",
        run="r",
        source_uri="s",
        progress=lambda done, total: reported.append((done, total)),
    )

    # Then
    assert reported[-1] == (len(table(30)), len(table(30)))


def test_a_classification_of_free_text_is_refused() -> None:
    # Given
    text = "question,answer\n" + "".join(f"what about {n}?,answer number {n}\n" for n in range(300))

    # Then
    with pytest.raises(DatasetError, match="too many for a classification"):
        prepare(text, task="classification")


LAYER = ("ftfy", "ftfy.badness", "pyarrow", "pyarrow.parquet", "python_calamine", "rensa",
         "charset_normalizer", "tokenizers")  # fmt: skip


def test_text_formats_are_read_without_the_prepare_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    for module in LAYER:
        monkeypatch.setitem(sys.modules, module, None)  # importing it fails now

    # Then
    assert prepare(table(60))[0].rows.train == 48
    western = table(60).replace("sentence", "phrase élégante").encode("cp1252")
    assert "phrase élégante" in prepare(western)[1].all_rows()[0].prompt[1].content
    for name in ("tickets.parquet", "tickets.xlsx", "tickets.csv.zst"):
        with pytest.raises(DatasetError, match="the prepare layer is missing"):
            prepare((FORMATS / name).read_bytes(), name)
