"""How numbers, prices and times are written for people."""

import pytest

from tunedrop.documents import figures


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.percent(0.655), "65.5%"),
        (figures.percent(1.0), "100.0%"),
        (figures.points(0.465), "+46.5 points"),
        (figures.points(-0.0321), "\u22123.2 points"),
        (figures.points(-0.0001), "0.0 points"),
        (figures.p_value(3e-24), "p < 0.0001"),
        (figures.p_value(0.0314), "p = 0.031"),
        (figures.p_value(0.5), "p = 0.50"),
        (figures.count(1, "row"), "1 row"),
        (figures.count(1200, "row"), "1,200 rows"),
        (figures.usd(0.0407), "$0.04"),
        (figures.usd(0.003), "less than $0.01"),
        (figures.usd(0.0), "$0.00"),
        (figures.usd(None), "unknown"),
        (figures.duration(41.6), "42 s"),
        (figures.duration(116), "1 min 56 s"),
        (figures.duration(7500), "2 h 5 min"),
        (figures.minutes(0.001), "1 min"),
        (figures.minutes(0.25), "15 min"),
        (figures.minutes(2.5), "2 h 30 min"),
        (figures.moment("2026-11-23T14:31:07Z"), "23 November 2026, 14:31 UTC"),
        (figures.moment("2026-11-23T16:31:07+02:00"), "23 November 2026, 14:31 UTC"),
        (figures.moment("soon"), "soon"),
        (figures.cut("abcdef", 4), "abc…"),
        (figures.cut("abcd", 4), "abcd"),
    ],
)
def test_figures_are_written_for_people(shown: str, expected: str) -> None:
    assert shown == expected
