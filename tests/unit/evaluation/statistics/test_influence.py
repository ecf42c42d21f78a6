"""The influence of groups on a metric that exists for all rows together."""

from collections.abc import Mapping

import pytest

from tunedrop.evaluation.scoring.f1 import macro_f1
from tunedrop.evaluation.statistics.influence import influence_scores
from tunedrop.evaluation.statistics.units import units_of

PAIRS = [("a", "a")] * 30 + [("a", "b")] * 10 + [("b", "b")] * 15 + [("b", "a")] * 5


def accuracy(counts: Mapping[tuple[str, str], float]) -> float:
    right = sum(weight for (gold, said), weight in counts.items() if gold == said)
    return right / sum(counts.values())


def test_the_scores_of_a_mean_are_the_scores_of_the_rows() -> None:
    # When
    scores = influence_scores(PAIRS, units_of(range(60)), accuracy)

    # Then
    right = [float(gold == said) for gold, said in PAIRS]
    assert scores.sums == pytest.approx(right, abs=1e-3)


def test_the_mean_of_the_scores_is_the_metric() -> None:
    # When
    scores = influence_scores(PAIRS, units_of([row // 3 for row in range(60)]), macro_f1)

    # Then
    assert len(scores.sums) == 20
    assert scores.mean == pytest.approx(macro_f1(dict.fromkeys(PAIRS, 0) | counted()))


def counted() -> dict[tuple[str, str], int]:
    return {pair: PAIRS.count(pair) for pair in PAIRS}


def test_the_standard_error_of_macro_f1_is_that_of_the_bootstrap() -> None:
    """20,000 resamples with numpy of these 60 rows: standard deviation 0.0590."""
    # When
    scores = influence_scores(PAIRS, units_of(range(60)), macro_f1)

    # Then
    assert scores.standard_error == pytest.approx(0.059, abs=0.002)


def test_a_row_of_a_rare_label_has_more_influence_on_macro_f1() -> None:
    # Given
    pairs = [("common", "common")] * 90 + [("rare", "rare")] * 4 + [("rare", "common")]

    # When
    scores = influence_scores(pairs, units_of(range(95)), macro_f1).sums

    # Then
    assert abs(scores[-1] - scores[-2]) > 10 * abs(scores[-1] / 95)
