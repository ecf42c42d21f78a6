"""Warnings about datasets that are valid but may give a weak model."""

import pytest

from tests.support.builders.files import zipped
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.errors import DatasetError


def warned(text: str) -> str:
    return " ".join(prepare(text)[0].warnings)


def test_a_balanced_clean_file_is_warned_of_few_test_rows_only() -> None:
    assert warned(table(100)) == "Only 10 test rows: small differences cannot be detected."


def test_labels_that_are_numbers_are_warned_of() -> None:
    assert "The labels are numbers (0, 1)" in warned(table(100, ("0", "1")))


def test_a_rare_label_and_imbalance_are_warned_of_with_their_figures() -> None:
    # Given
    text = table(90, ("good",)) + "".join(f"a rare row of number {n},odd\n" for n in range(4))

    # Then
    assert "Labels with fewer than 10 rows: 'odd' (4)." in warned(text)
    assert "unbalanced: 90 rows of 'good', 4 of 'odd'" in warned(text)


def test_a_single_label_is_not_trained_on() -> None:
    with pytest.raises(DatasetError, match="the same label, 'good': there is nothing to learn"):
        prepare(table(50, ("good",)))


def test_rejected_rows_are_warned_of_with_their_reasons() -> None:
    # Given
    text = table(2_000) + "only a text\n,good\na,b,c\n"

    # Then
    assert (
        "3 of 2,003 rows were rejected: 2 with a missing or empty value; "
        "1 with more values than columns."
    ) in warned(text)


def test_files_of_an_archive_that_are_no_tables_are_listed_in_one_warning() -> None:
    # Given
    papers = {f"paper{n}.pdf": b"%PDF-1.7" for n in range(30)}
    archive = zipped({**papers, "rows.csv": table(100).encode()})

    # When
    warnings = prepare(archive, "data.zip")[0].warnings

    # Then
    [left_out] = [each for each in warnings if each.startswith("Left out")]
    assert left_out.count("is a PDF document") == 20
    assert left_out.endswith("; and 10 more.")
