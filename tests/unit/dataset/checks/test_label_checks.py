"""Labels that are probably wrong are listed; their rows are kept."""

import pytest
import rensa

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.dataset.checks.findings import ADVICE
from tunedrop.dataset.checks.label_names import Slip, slips
from tunedrop.dataset.duplicates.near import MAX_INDEXED, LineAt, NearDuplicates
from tunedrop.documents.dataset import Dataset, Finding


def long_text(number: int) -> str:
    return " ".join(f"word{number}x{at}" for at in range(30))


def with_rows(*rows: str) -> tuple[Dataset, MemorySink]:
    lines = [f"{long_text(number)},{('good', 'bad')[number % 2]}" for number in range(40)]
    return prepare("text,label\n" + "\n".join([*lines, *rows]))


def finding(document: Dataset, check: str) -> Finding:
    return next(found for found in document.findings if found.check == check)


def test_a_near_duplicate_with_another_label_is_listed_and_kept() -> None:
    # When
    document, sink = with_rows(f"{long_text(4)} indeed,bad", f"{long_text(6)} indeed,good")

    # Then
    found = finding(document, "neighbours_disagree")
    assert (found.rows, [(place.row, place.line) for place in found.places]) == (1, [(41, 42)])
    assert found.places[0].excerpt.startswith("bad: word4x0")
    assert "not removed" in found.meaning
    assert len(sink.all_rows()) == document.rows.source == 42


def test_the_advice_names_the_number_of_rows_that_were_compared() -> None:
    for check in ("near_duplicate", "neighbours_disagree"):
        assert f"the first {MAX_INDEXED:,} distinct rows" in ADVICE[check]


def test_rows_beyond_the_cap_are_counted_as_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    def few(line_at: LineAt) -> NearDuplicates:
        return NearDuplicates(rensa, line_at, most=10)

    monkeypatch.setattr("tunedrop.dataset.duplicates.near.near_duplicates", few)

    # When
    document, _ = with_rows(f"{long_text(4)} indeed,bad", f"{long_text(30)} indeed,bad")

    # Then
    assert finding(document, "not_compared").rows == 31
    assert finding(document, "neighbours_disagree").rows == 1


def test_a_misspelled_rare_label_is_listed_with_the_likely_correct_label() -> None:
    # Given
    slipped = "".join(f"a text of number {n} with a slip,positve\n" for n in range(3))

    # When
    document, sink = prepare(table(90, ("positive", "negative", "neutral")) + slipped)

    # Then
    found = finding(document, "label_slip")
    assert (found.rows, [place.excerpt for place in found.places]) == (
        3,
        ["positve (3): positive?"],
    )
    assert {row.answer for row in sink.all_rows()} >= {"positve", "positive"}


@pytest.mark.parametrize(
    "slip", ["refnud", "refun", "refundd", "rifund", "Refunds", "xefund", "refunx"]
)
def test_a_rare_label_one_letter_off_a_common_one_is_a_slip(slip: str) -> None:
    assert list(slips({"refund": 100, "billing": 90, slip: 2})) == [Slip(slip, 2, "refund")]


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("class1", "class2"),
        ("relevant", "irrelevant"),
        ("grade a", "grade b"),
        ("yes", "yet"),
        ("refund", "billing"),
        ("late delivery", "late refund"),
        ("refund wanted", "refund"),
    ],
)
def test_labels_that_differ_on_purpose_are_not_reported(label: str, other: str) -> None:
    assert list(slips({label: 100, other: 1})) == []


def test_two_common_labels_that_look_alike_are_not_reported() -> None:
    assert list(slips({"moral": 100, "amoral": 40})) == []
