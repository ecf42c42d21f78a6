"""Warnings about datasets that are valid but may give a weak model."""

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare


def warned(text: str) -> str:
    return " ".join(prepare(text)[0].warnings)


def test_a_balanced_clean_file_has_no_warnings() -> None:
    assert warned(table(100)) == ""


def test_labels_that_are_numbers_are_warned_of() -> None:
    assert "The labels are numbers (0, 1)" in warned(table(100, ("0", "1")))


def test_a_rare_label_and_imbalance_are_warned_of_with_their_figures() -> None:
    # Given
    text = table(90, ("good",)) + "".join(f"a rare row of number {n},odd\n" for n in range(4))

    # Then
    assert "Labels with fewer than 10 rows: 'odd' (4)." in warned(text)
    assert "unbalanced: 90 rows of 'good', 4 of 'odd'" in warned(text)


def test_a_single_label_is_warned_of() -> None:
    assert "Every row has the same label" in warned(table(50, ("good",)))


def test_rejected_rows_are_warned_of_with_their_reasons() -> None:
    # Given
    text = table(2_000) + "only a text\n,good\na,b,c\n"

    # Then
    assert (
        "3 of 2,003 rows were rejected: 2 with a missing or empty value; "
        "1 with more values than columns."
    ) in warned(text)
