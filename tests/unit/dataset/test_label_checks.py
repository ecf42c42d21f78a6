"""Labels that are probably wrong are listed, with what was looked at; no row is removed for it."""

import pytest
import rensa

from tests.unit.dataset.memory import MemorySink, prepare, table
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


def test_a_row_whose_near_twin_carries_another_label_is_listed_and_stays() -> None:
    document, sink = with_rows(f"{long_text(4)} indeed,bad", f"{long_text(6)} indeed,good")
    found = finding(document, "neighbours_disagree")
    assert (found.rows, [(place.row, place.line) for place in found.places]) == (1, [(41, 42)])
    assert found.places[0].excerpt.startswith("bad: word4x0")
    assert "not removed" in found.meaning
    assert len(sink.all_rows()) == document.rows.source == 42


def test_the_findings_say_among_how_many_rows_neighbours_were_sought() -> None:
    for check in ("near_duplicate", "neighbours_disagree"):
        assert f"the first {MAX_INDEXED:,} distinct rows" in ADVICE[check]


def test_rows_beyond_the_cap_are_counted_as_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(line_at: LineAt) -> NearDuplicates:
        return NearDuplicates(rensa, line_at, most=10)

    monkeypatch.setattr("tunedrop.dataset.duplicates.near.near_duplicates", few)
    document, _ = with_rows(f"{long_text(4)} indeed,bad", f"{long_text(30)} indeed,bad")
    assert finding(document, "not_compared").rows == 31
    assert finding(document, "neighbours_disagree").rows == 1


def test_a_rare_label_with_a_slip_is_listed_with_the_one_that_was_meant() -> None:
    slipped = "".join(f"a text of number {n} with a slip,positve\n" for n in range(3))
    document, sink = prepare(table(90, ("positive", "negative", "neutral")) + slipped)
    found = finding(document, "label_slip")
    assert (found.rows, [place.excerpt for place in found.places]) == (
        3,
        ["positve (3): positive?"],
    )
    assert {row.answer for row in sink.all_rows()} >= {"positve", "positive"}


@pytest.mark.parametrize(
    "slip", ["refnud", "refun", "refundd", "rifund", "Refunds", "xefund", "refunx"]
)
def test_one_letter_left_out_added_replaced_or_swapped_is_a_slip(slip: str) -> None:
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
def test_labels_that_differ_on_purpose_are_left_alone(label: str, other: str) -> None:
    assert list(slips({label: 100, other: 1})) == []


def test_two_common_labels_are_two_labels() -> None:
    assert list(slips({"moral": 100, "amoral": 40})) == []
