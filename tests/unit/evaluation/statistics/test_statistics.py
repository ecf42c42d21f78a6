"""The statistics, compared with figures of scipy 1.17.1 and statsmodels 0.15.0 (computed once)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.metrics import METRICS
from tunedrop.evaluation.statistics.comparing import Evidence, compare
from tunedrop.evaluation.statistics.intervals import (
    effective_rows,
    t_of,
    t_quantile,
    tango,
    wilson,
    z_of,
)
from tunedrop.evaluation.statistics.significance import mcnemar_mid_p, smallest_detectable
from tunedrop.evaluation.statistics.units import UnitScores, units_of


@pytest.mark.parametrize(
    ("successes", "n", "confidence", "low", "high"),
    [
        (0, 10, 0.95, 0.0, 0.2775327999),
        (131, 200, 0.95, 0.5867558926, 0.7174020562),
        (784, 1000, 0.95, 0.7574334101, 0.8083929911),
        (10, 10, 0.99, 0.6011459067, 1.0),
    ],
)
def test_wilson_intervals_are_those_of_statsmodels(
    successes: int, n: int, confidence: float, low: float, high: float
) -> None:
    """`statsmodels.stats.proportion.proportion_confint(successes, n, 1 - c, "wilson")`."""
    assert wilson(successes / n, n, z_of(confidence)) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "confidence", "low", "high"),
    [
        (97, 4, 200, 0.95, 0.38916332, 0.53794526),
        (12, 2, 50, 0.95, 0.06111241, 0.34470875),
        (5, 0, 10, 0.95, 0.0837008, 0.76340691),
        (0, 0, 50, 0.95, -0.0713476, 0.0713476),
        (1, 30, 100, 0.99, -0.42012937, -0.17366181),
    ],
)
def test_tango_intervals_are_the_score_test_inverted_with_scipy(  # noqa: PLR0913, PLR0917 - a row of the table
    wins: int, losses: int, n: int, confidence: float, low: float, high: float
) -> None:
    """The likelihood maximised with `minimize_scalar`, the score inverted with `brentq`."""
    assert tango(wins, losses, n, confidence) == pytest.approx((low, high), abs=1e-7)


@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [
        (97, 4, 1.7597648577e-24),
        (5, 0, 0.03125),
        (12, 7, 0.26317596435546875),
        (0, 0, 1.0),
        (30, 30, 1.0),
    ],
)
def test_mid_p_values_are_scipys_exact_ones_less_half_of_the_result(
    wins: int, losses: int, p: float
) -> None:
    """`2 * binom.cdf(fewer, n, 0.5) - binom.pmf(fewer, n, 0.5)` of scipy.stats."""
    assert mcnemar_mid_p(wins, losses) == pytest.approx(p, rel=1e-9)
    assert mcnemar_mid_p(losses, wins) == mcnemar_mid_p(wins, losses)


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"),
    [
        (0.975, 1, 12.7062047362),
        (0.975, 2, 4.3026527297),
        (0.975, 9, 2.2621571628),
        (0.975, 49, 2.0095752371),
        (0.8, 9, 0.8834038597),
        (0.995, 20, 2.8453397098),
    ],
)
def test_quantiles_of_students_t_are_those_of_scipy(
    share: float, freedom: int, quantile: float
) -> None:
    """`scipy.stats.t.ppf(share, freedom)`."""
    assert t_quantile(share, freedom) == pytest.approx(quantile, abs=1e-8)


def test_many_degrees_of_freedom_give_the_normal_quantile() -> None:
    assert t_of(0.95, 500) == z_of(0.95)
    assert t_of(0.95, 499) == pytest.approx(z_of(0.95), abs=0.006)


def test_the_standard_error_of_single_rows_is_that_of_the_textbook() -> None:
    # Given the standard deviation 1.2909944 of 1, 2, 3, 4
    scores = units_of("abcd").scores([1.0, 2.0, 3.0, 4.0])

    # Then
    assert scores.mean == 2.5
    assert scores.standard_error == pytest.approx(1.2909944487 / 2)


def test_the_standard_error_of_groups_is_that_of_statsmodels() -> None:
    """`OLS(y, ones).fit(cov_type="cluster", cov_kwds={"groups": g}).bse`, as CR1 without k."""
    # Given three groups with the residuals' sums -1, 0.2 and 0.8
    scores = units_of("aaabbbcccc").scores([0, 0, 0.5, 0.5, 0.5, 0.7, 0.5, 0.5, 0.9, 0.9])

    # Then
    squares = sum((total - size * 0.5) ** 2 for total, size in ((0.5, 3), (1.7, 3), (2.8, 4)))
    assert scores.mean == 0.5
    assert scores.standard_error == pytest.approx((1.5 * squares) ** 0.5 / 10)


def test_rows_that_repeat_each_other_count_as_one_effective_row() -> None:
    # Given ten groups of five rows, half of the groups right
    right = [group % 2 for group in range(10) for _ in range(5)]
    scores = units_of([group for group in range(10) for _ in range(5)]).scores(right)

    # Then
    assert effective_rows(0.5, scores.standard_error, 10) == pytest.approx(9)  # G - 1
    assert effective_rows(1.0, 0.0, 10) == 10


def test_the_smallest_detectable_difference_follows_the_textbook_formula() -> None:
    """(1.95996 + 0.84162) x 0.45 / sqrt(n), as scipy.stats.norm.ppf gives the quantiles."""
    for n, points in ((100, 0.12607133), (300, 0.07278732), (1000, 0.03986726)):
        assert smallest_detectable(0.45 / n**0.5, 0.95, 10_000) == pytest.approx(points, abs=1e-7)


def test_few_units_can_detect_large_differences_only() -> None:
    assert smallest_detectable(0.1, 0.95, 10) == pytest.approx(0.1 * (2.2621571628 + 0.8834038597))
    assert smallest_detectable(0.1, 0.95, 1) == 1.0


def test_rows_that_are_all_ties_keep_a_smallest_detectable_difference() -> None:
    # Given
    ties = UnitScores(sums=[0.0] * 100, sizes=[1] * 100)

    # Then
    assert ties.standard_error == 0
    error = ties.with_a_win_and_a_loss().standard_error
    assert smallest_detectable(error, 0.95, 100) > 0.03


@given(st.data(), st.integers(1, 300), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_intervals_contain_the_observed_value(
    data: st.DataObject, n: int, confidence: float
) -> None:
    # Given
    wins = data.draw(st.integers(0, n))
    losses = data.draw(st.integers(0, n - wins))
    low, high = tango(wins, losses, n, confidence)

    # Then
    assert -1 <= low <= (wins - losses) / n + 1e-12
    assert (wins - losses) / n - 1e-12 <= high <= 1
    low, high = wilson(wins / n, n, z_of(confidence))
    assert 0 <= low <= wins / n + 1e-12
    assert wins / n - 1e-12 <= high <= 1


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_an_interval_leaves_zero_out_exactly_when_the_test_rejects(
    wins: int, losses: int, confidence: float
) -> None:
    # Given
    rows = 130
    base = ["no"] * wins + ["yes"] * (rows - wins)
    tuned = ["yes"] * wins + ["no"] * losses + ["yes"] * (rows - wins - losses)
    evidence = Evidence(
        golds=["yes"] * rows,
        rival=base,
        tuned=tuned,
        rival_name="base",
        confidence=confidence,
        units=units_of(range(rows)),
    )

    # When
    found = compare(METRICS["accuracy"], evidence).comparison

    # Then
    apart = found.difference.low > 0 or found.difference.high < 0
    assert apart == (found.p_value < 1 - confidence)
