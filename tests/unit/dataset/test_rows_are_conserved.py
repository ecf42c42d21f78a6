"""in = train + validation + test + rejected + duplicates + not sampled, for any input."""

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pipeline.preparation import MemoryFile, MemorySink, prepare
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.documents.dataset import Dataset
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, database=None)

cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
labels = st.sampled_from(["good", "bad", "", " good ", "so-so"])
contents = st.one_of(
    st.text(max_size=12), st.none(), st.integers(), st.lists(st.text(), max_size=1)
)
roles = st.sampled_from(["system", "user", "assistant", "robot", None])
messages = st.lists(st.fixed_dictionaries({"role": roles, "content": contents}), max_size=4)
good_chat = st.text(min_size=1, max_size=8).map(
    lambda text: [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]
)
json_rows = st.one_of(
    st.fixed_dictionaries({"messages": st.one_of(messages, good_chat)}),
    st.fixed_dictionaries({"other": st.integers()}),
    st.none(),
)


def check(document: Dataset, sink: MemorySink, rows: int) -> None:
    counts = document.rows
    files = {name: len(text.splitlines()) for name, text in sink.files.items()}
    assert counts.source == rows
    assert files["train.jsonl"] == counts.train == document.splits["train"].rows
    assert files["validation.jsonl"] == counts.validation
    assert files["test.jsonl"] == counts.test
    assert files["rejected.jsonl"] == counts.rejected == sum(document.rejected_reasons.values())
    assert counts.source == (
        counts.train
        + counts.validation
        + counts.test
        + counts.rejected
        + counts.duplicates
        + counts.not_sampled
    )


def prepared(content: bytes | str, name: str, **recipe: Any) -> tuple[Dataset, MemorySink] | None:
    try:
        return prepare(content, name, **recipe)
    except DatasetError:
        return None


@BOUNDED
@given(st.lists(st.tuples(cells, labels), min_size=4, max_size=30), st.integers(1, 9))
def test_rows_of_any_csv_are_conserved(rows: list[tuple[str, str]], most: int) -> None:
    # Given
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["text", "label"])
    writer.writerows(rows)

    # When
    found = prepared(text.getvalue(), "data.csv", rows={"max_train": most, "max_test": 2})

    # Then
    if found:
        check(*found, rows=len(rows))


@BOUNDED
@given(st.lists(json_rows, min_size=4, max_size=30))
def test_rows_of_any_json_lines_are_conserved(rows: list[Any]) -> None:
    # Given
    first = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    lines = [json.dumps(row) for row in [first, *rows]]

    # When
    found = prepared("\n".join(lines), "data.jsonl")

    # Then
    if found:
        check(*found, rows=len(lines))


@BOUNDED
@given(st.lists(json_rows, min_size=4, max_size=30))
def test_rows_of_any_json_array_are_conserved(rows: list[Any]) -> None:
    # Given
    first = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}

    # When
    found = prepared(json.dumps([first, *rows]), "data.json")

    # Then
    if found:
        check(*found, rows=len(rows) + 1)


@BOUNDED
@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_conserved_rows_or_one_dataset_error(content: bytes) -> None:
    # When
    found = prepared(b'{"prompt": "q", "completion": "a"}\n' + content, "data.jsonl")

    # Then
    if found:
        check(*found, rows=found[0].rows.source)


def test_a_file_larger_than_the_disk_limit_gives_the_same_rows() -> None:
    # Given
    text = "text,label\n" + "".join(
        f"write number {n} to jo{n}@example.com &amp; co,{'ab'[n % 2]}\n" for n in range(3_000)
    )
    recipe = Recipe(pii="mask")
    sinks = []

    # When
    for scratch in (None, 200_000):
        sinks.append(MemorySink())
        document = prepare_dataset(
            MemoryFile(text),
            recipe,
            sinks[-1],
            dataset="d",
            run="r",
            source_uri="s",
            scratch_bytes=scratch,
        )

    # Then
    assert sinks[0].files == sinks[1].files
    assert "not_compared" in {finding.check for finding in document.findings}
    check(document, sinks[1], rows=3_000)
