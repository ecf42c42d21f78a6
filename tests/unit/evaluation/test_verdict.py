"""Which differences make a verdict and pass the gate."""

import pytest

from tunedrop.documents.judgement import Comparison, Estimate
from tunedrop.evaluation.statistics.intervals import tango
from tunedrop.evaluation.statistics.significance import mcnemar_mid_p
from tunedrop.evaluation.verdict import passes, verdict_of
from tunedrop.recipe.schema import Gate


def compared(wins: int, losses: int, n: int, units: int | None = None) -> Comparison:
    """Return the comparison of two models on right or wrong rows."""
    return Comparison(
        metric="accuracy",
        difference=Estimate((wins - losses) / n, *tango(wins, losses, n, 0.95), n),
        p_value=mcnemar_mid_p(wins, losses),
        test="McNemar's mid-p test",
        wins=wins,
        losses=losses,
        ties=n - wins - losses,
        smallest_detectable=0.1,
        units=n if units is None else units,
    )


@pytest.mark.parametrize(
    ("wins", "losses", "n", "verdict"),
    [
        (97, 4, 200, "better"),
        (4, 97, 200, "worse"),
        (6, 0, 20, "better"),
        (6, 0, 19, "too_small_to_tell"),  # fewer than 20 rows tell nothing
        (12, 8, 100, "too_small_to_tell"),  # -4.9 to +12.9: both are possible
        (12, 10, 1000, "no_difference"),  # -0.8 to +1.2: neither would matter
    ],
)
def test_the_verdict_follows_wins_losses_and_rows(
    wins: int, losses: int, n: int, verdict: str
) -> None:
    assert verdict_of(compared(wins, losses, n), Gate()) == verdict


def test_a_verdict_needs_both_the_interval_and_the_test() -> None:
    """Four wins of four: Tango's interval leaves zero out, the test (p = 0.0625) does not."""
    # Given
    four_of_four = compared(4, 0, 40)

    # Then
    assert four_of_four.difference.low > 0
    assert verdict_of(four_of_four, Gate()) == "too_small_to_tell"


@pytest.mark.parametrize(("units", "verdict"), [(9, "too_small_to_tell"), (10, "better")])
def test_a_verdict_needs_ten_independent_groups(units: int, verdict: str) -> None:
    assert verdict_of(compared(97, 4, 200, units), Gate()) == verdict


def test_the_gate_compares_the_lower_end_of_the_interval() -> None:
    # Given
    gain = compared(40, 10, 200)  # +15 points, +8.5 to +21.7

    # Then
    assert passes(gain, Gate(min_gain=0.08))
    assert not passes(gain, Gate(min_gain=0.12))
    assert verdict_of(gain, Gate(min_gain=0.12)) == "better"


def test_a_difference_within_min_gain_is_no_difference() -> None:
    # Given
    small = compared(14, 8, 100)  # -3.4 to +15.5

    # Then
    assert verdict_of(small, Gate(min_gain=0.2)) == "no_difference"
    assert verdict_of(small, Gate()) == "too_small_to_tell"
