"""The sign permutation test and its interval, compared with scipy and with every sign pattern."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunedrop.evaluation.statistics.intervals import tango
from tunedrop.evaluation.statistics.signs import sign_test
from tunedrop.evaluation.statistics.units import UnitScores, units_of

GAPS = [0.5, -0.2, 0.3, 0.1, 0.4, -0.1, 0.25, 0.6, 0.05, -0.3, 0.2, 0.35]
SCORES = st.floats(-1, 1, width=16)


def rows(gaps: list[float]) -> UnitScores:
    return UnitScores(sums=gaps, sizes=[1] * len(gaps))


def by_every_pattern(scores: UnitScores, difference: float) -> float:
    """Return the p value of a true difference, from all sign patterns of the shifted sums."""
    shifted = [
        total - size * difference for total, size in zip(scores.sums, scores.sizes, strict=True)
    ]
    observed = abs(sum(shifted))
    patterns = list(product((1, -1), repeat=len(shifted)))
    far = [
        abs(sum(sign * value for sign, value in zip(signs, shifted, strict=True)))
        for signs in patterns
    ]
    return sum(each >= observed - 1e-9 for each in far) / len(patterns)


def test_the_p_value_of_few_rows_is_scipys_exact_one() -> None:
    """`scipy.stats.permutation_test(..., permutation_type="samples")`, all patterns."""
    assert sign_test(rows(GAPS), 0.95).p_value == pytest.approx(0.05615234375, abs=1e-12)


def test_the_p_value_of_many_rows_is_close_to_the_exact_one() -> None:
    """`scipy.stats.permutation_test` of the same gaps four times: 0.00026 of 100,000 draws."""
    assert sign_test(rows(GAPS * 4), 0.95).p_value == pytest.approx(0.00026, abs=0.0004)


def test_groups_of_unequal_size_are_tested_by_every_pattern() -> None:
    # Given
    scores = UnitScores(sums=[2.0, -1.0, 3.0, 0.5, 1.0, 2.5, -0.5, 1.5], sizes=range(1, 9))

    # When
    found = sign_test(scores, 0.9)

    # Then
    assert found.p_value == by_every_pattern(scores, 0.0)


def test_the_interval_ends_where_the_test_begins_to_reject() -> None:
    # Given
    scores = UnitScores(sums=[2.0, -1.0, 3.0, 0.5, 1.0, 2.5, -0.5, 1.5, 1.2], sizes=range(3, 12))

    # When
    found = sign_test(scores, 0.9)

    # Then
    for end, outwards in ((found.low, -1e-6), (found.high, 1e-6)):
        assert by_every_pattern(scores, end - outwards) >= 0.1
        assert by_every_pattern(scores, end + outwards) < 0.1


def test_groups_whose_rows_agree_give_less_evidence_than_single_rows() -> None:
    # Given 12 groups of 10 rows, three quarters of them better
    gaps = [float(group % 4 != 0) - float(group % 4 == 0) for group in range(12) for _ in range(10)]
    groups = units_of([group for group in range(12) for _ in range(10)])

    # When
    as_groups = sign_test(groups.scores(gaps), 0.95)
    as_rows = sign_test(rows(gaps), 0.95)

    # Then
    assert as_rows.p_value < 0.001
    assert as_groups.p_value > 0.1
    assert as_groups.low <= 0 < as_rows.low


def test_ties_alone_do_not_make_an_interval_of_length_zero() -> None:
    # When
    found = sign_test(rows([0.0] * 50), 0.95)

    # Then
    assert found.p_value == 1.0
    assert (found.low, found.high) == tango(0, 0, 50, 0.95)


@pytest.mark.parametrize("gap", [1.0, 0.3, -0.3])
def test_equal_differences_do_not_make_an_interval_of_length_zero(gap: float) -> None:
    # When
    found = sign_test(rows([gap] * 30), 0.95)

    # Then
    assert found.low < gap <= found.high if gap > 0 else found.low <= gap < found.high
    assert found.low > 0 or found.high < 0
    assert found.p_value < 0.001


def test_a_single_group_tells_nothing() -> None:
    # When
    found = sign_test(UnitScores(sums=[9.0], sizes=[10]), 0.95)

    # Then
    assert (found.p_value, found.low, found.high) == (1.0, -1.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(SCORES, min_size=1, max_size=30), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_interval_leaves_zero_out_if_and_only_if_p_is_small(
    gaps: list[float], confidence: float
) -> None:
    # When
    found = sign_test(rows(gaps), confidence)

    # Then
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - confidence)
    assert -1 <= found.low <= sum(gaps) / len(gaps) + 1e-9
    assert sum(gaps) / len(gaps) - 1e-9 <= found.high <= 1
