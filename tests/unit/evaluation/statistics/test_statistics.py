"""The statistics, compared with figures of scipy 1.17.1 and statsmodels 0.15.0 (computed once)."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.f1 import macro_f1
from tunedrop.evaluation.statistics.intervals import middle_share, tango, wilson
from tunedrop.evaluation.statistics.resampling import (
    bootstrap_counts,
    bootstrap_means,
    permutation_p,
    swap_p,
)
from tunedrop.evaluation.statistics.significance import (
    holm,
    mcnemar_exact,
    smallest_detectable,
    standard_error,
)


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
    assert wilson(successes, n, confidence) == pytest.approx((low, high), abs=1e-9)


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
        (97, 4, 3.35638779268828e-24),
        (5, 0, 0.0625),
        (12, 7, 0.359283447265625),
        (0, 0, 1.0),
        (30, 30, 1.0),
    ],
)
def test_mcnemar_p_values_are_those_of_statsmodels(wins: int, losses: int, p: float) -> None:
    """`statsmodels.stats.contingency_tables.mcnemar(..., exact=True)`."""
    assert mcnemar_exact(wins, losses) == pytest.approx(p, rel=1e-12)
    assert mcnemar_exact(losses, wins) == mcnemar_exact(wins, losses)


def test_holm_corrections_are_those_of_statsmodels() -> None:
    """`statsmodels.stats.multitest.multipletests(p, method="holm")`."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_permutation_p_values_are_those_of_scipy() -> None:
    """`scipy.stats.permutation_test(..., permutation_type="samples")`, exact: 0.05615."""
    # Given
    gaps = [0.5, -0.2, 0.3, 0.1, 0.4, -0.1, 0.25, 0.6, 0.05, -0.3, 0.2, 0.35]

    # Then
    assert permutation_p(gaps) == pytest.approx(0.05615234375, abs=0.007)  # 3 sigma of the draws
    assert permutation_p([0.0] * 10) == 1.0


def test_paired_bootstrap_intervals_are_those_of_scipy() -> None:
    """`scipy.stats.bootstrap(..., method="percentile", n_resamples=200_000)`."""
    # Given
    base = [((i * 37) % 101) / 100 for i in range(300)]
    tuned = [min(1.0, b + ((i * 53) % 31 - 10) / 100) for i, b in enumerate(base)]

    # When
    drawn = bootstrap_means(base, tuned)

    # Then
    gaps = middle_share([mine - other for other, mine in drawn], 0.95)
    assert gaps == pytest.approx((0.034867, 0.054433), abs=0.001)
    alone = middle_share([mine for _, mine in drawn], 0.95)
    assert alone == pytest.approx((0.5098, 0.5773), abs=0.002)


def test_the_smallest_detectable_difference_follows_the_textbook_formula() -> None:
    """(1.95996 + 0.84162) x 0.45 / sqrt(n), as scipy.stats.norm.ppf gives the quantiles."""
    for n, points in ((100, 0.12607133), (300, 0.07278732), (1000, 0.03986726)):
        assert smallest_detectable(0.45 / n**0.5, 0.95) == pytest.approx(points, abs=1e-7)


def test_rows_that_are_all_ties_keep_a_smallest_detectable_difference() -> None:
    assert smallest_detectable(standard_error([0.0] * 100), 0.95) > 0.03


def test_the_swap_test_of_equally_good_models_has_a_large_p_value() -> None:
    """Two models that are each right on half of the rows do not differ significantly."""
    # Given
    alike = [("a", "a", "b"), ("a", "b", "a"), ("b", "b", "a"), ("b", "a", "b")] * 10

    # Then
    assert swap_p(alike, macro_f1) > 0.5


def test_the_swap_test_of_a_better_model_has_the_smallest_p_value() -> None:
    # Given
    better = [("a", "b", "a"), ("b", "a", "b")] * 10

    # Then
    assert swap_p(better, macro_f1) == pytest.approx(1 / 2001)


def test_resampled_counts_give_the_accuracy_interval_of_the_rows() -> None:
    """A corpus metric that is a mean must get the interval of the mean."""
    # Given
    cells = [("a", "b", "a")] * 60 + [("a", "a", "b")] * 10 + [("b", "b", "b")] * 130

    def accuracy(counts: Counter[tuple[str, str]]) -> float:
        return sum(rows for (gold, said), rows in counts.items() if gold == said) / 200

    # When
    drawn = bootstrap_counts(cells, accuracy)

    # Then
    by_tango = tango(60, 10, 200, 0.95)
    assert middle_share([b - a for a, b in drawn], 0.95) == pytest.approx(by_tango, abs=0.012)


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
    low, high = wilson(wins, n, confidence)
    assert 0 <= low <= wins / n + 1e-12
    assert wins / n - 1e-12 <= high <= 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_significant_exact_test_has_an_interval_without_zero(wins: int, losses: int) -> None:
    """Where McNemar's exact test sees a difference at 5%, Tango's 95% interval excludes zero."""
    if mcnemar_exact(wins, losses) < 0.05:
        low, high = tango(wins, losses, 200, 0.95)
        assert low > 0 or high < 0
