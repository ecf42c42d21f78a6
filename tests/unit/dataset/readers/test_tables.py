"""CSV and TSV files as spreadsheet programs and databases export them."""

import pytest

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.documents.dataset import Dataset
from tunedrop.errors import DatasetError


def test_a_table_of_texts_and_labels_becomes_a_classification_task() -> None:
    # When
    document, sink = prepare(table(30))

    # Then
    row = sink.all_rows()[0]
    assert document.task == "classification"
    assert document.labels == ["bad", "good"]
    assert [message.role for message in row.prompt] == ["system", "user"]
    assert row.prompt[0].content == document.system
    assert document.system == (
        "Classify the text into exactly one of these labels: bad, good. Answer with the label only."
    )
    assert (row.row, row.prompt[1].content, row.answer) == (1, "this is sentence number 0", "good")


@pytest.mark.parametrize(
    ("delimiter", "format_"),
    [(",", "CSV"), ("\t", "TSV"), (";", "CSV (semicolons)"), ("|", "CSV (bars)")],
)
def test_the_delimiter_is_found(delimiter: str, format_: str) -> None:
    # When
    document, _ = prepare(table(30).replace(",", delimiter))

    # Then
    assert document.format == format_
    assert document.rows.rejected == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    # Given
    text = table(30).replace("sentence", "phrase élégante")

    # When
    _, sink = prepare(text.encode(encoding))

    # Then
    assert sink.all_rows()[0].prompt[1].content == "this is phrase élégante number 0"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(newline: str) -> None:
    # When
    document, sink = prepare(table(30).replace("\n", newline).encode())

    # Then
    assert document.rows.source == 30
    assert {row.answer for row in sink.all_rows()} == {"good", "bad"}


def test_quoted_values_hold_delimiters_quotes_and_line_ends() -> None:
    # When
    _, sink = prepare(table(30) + '"one, ""two""\nthree",good\n')

    # Then
    assert sink.all_rows()[-1].prompt[1].content == 'one, "two"\nthree'


def rejected(extra: str | bytes) -> tuple[Dataset, MemorySink]:
    body = table(30).encode()
    return prepare(body + (extra.encode() if isinstance(extra, str) else extra))


def test_an_unclosed_quote_rejects_one_row_only() -> None:
    # Given
    tail = 'and "so on,bad\n"never closed,good\n' + "".join(
        f"row {n} after it,bad\n" for n in range(9)
    )

    # When
    document, sink = rejected(tail)

    # Then
    assert document.rejected_reasons == {"unclosed_quote": 1}
    assert sink.rejected[0].line == 33
    assert document.rows.source == 41


def test_a_row_that_is_not_utf8_is_rejected_with_its_line() -> None:
    # When
    _, sink = rejected(b"broken \xff byte,good\nafter it,bad\n")

    # Then
    assert [(r.reason, r.row, r.line) for r in sink.rejected] == [("invalid_encoding", 31, 32)]
    assert sink.all_rows()[-1].row == 32


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("a,b,good\n", "column_count", None),
        ("only a text\n", "empty", "label"),
        (" ,good\n", "empty", "text"),
    ],
)
def test_a_row_that_does_not_fit_is_rejected_with_a_reason(
    row: str, reason: str, column: str | None
) -> None:
    # When
    _, sink = rejected(row)

    # Then
    assert [(r.reason, r.column, r.line) for r in sink.rejected] == [(reason, column, 32)]
    assert sink.rejected[0].content == row.rstrip("\n")


def test_columns_with_unknown_names_are_found_by_their_content() -> None:
    # Given
    lines = [f"{n},some longer words about thing {n},{'ab'[n % 2]},{n / 7:.3f}" for n in range(50)]

    # When
    document, _ = prepare("nr,was,art,score\n" + "\n".join(lines))

    # Then
    assert document.columns.mapping == {"text": "was", "label": "art"}
    assert "few, short, repeated" in document.columns.why


def test_the_recipe_overrides_the_columns_found_and_others_are_listed() -> None:
    # Given
    header = "text,body,label\n"
    text = header + "".join(f"text {n},body {n},{'ab'[n % 2]}\n" for n in range(30))

    # When
    document, _ = prepare(text)

    # Then
    assert document.columns.mapping == {"text": "text", "label": "label"}
    assert [other.mapping for other in document.columns.alternatives] == [
        {"text": "body", "label": "label"}
    ]

    # When
    document, _ = prepare(text, columns={"text": "body", "label": "label"})

    # Then
    assert document.columns.mapping["text"] == "body"
    assert document.columns.why == "The recipe names the columns."


def test_an_unknown_column_of_the_recipe_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DatasetError, match=r"'lable', which the file does not have.*'label'"):
        prepare(table(30), columns={"text": "text", "label": "lable"})


def test_unknown_columns_are_refused_with_an_example_recipe() -> None:
    # When
    with pytest.raises(DatasetError, match="known as prompt or answer: x, y") as caught:
        prepare("x,y\n" + "".join(f"{n},{n * 2}\n" for n in range(50)))

    # Then
    assert "columns: {text: …, label: …}" in caught.value.remedy


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        ({"label": "team"}, {"text": "note", "label": "team"}),
        ({"text": "extra"}, {"text": "extra", "label": "mood"}),
        ({"prompt": "note"}, {"prompt": "note", "completion": "extra"}),
    ],
)
def test_a_recipe_may_name_one_column_and_the_other_is_found(
    columns: dict[str, str], mapping: dict[str, str]
) -> None:
    # Given
    lines = [
        f"a rather long note about thing {n},some extra words on {n},{'ab'[n % 2]},{'xyz'[n % 3]}"
        for n in range(60)
    ]
    text = "note,extra,mood,team\n" + "\n".join(lines)

    # Then
    assert prepare(text, columns=columns)[0].columns.mapping == mapping


def test_a_recipe_that_names_one_column_is_refused_if_no_other_fits() -> None:
    with pytest.raises(DatasetError, match="only the columns label, and no other fits"):
        prepare("n,label\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(50)),
                columns={"label": "label"})  # fmt: skip
