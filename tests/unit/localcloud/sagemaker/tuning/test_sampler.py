"""The values of trials: in their ranges, and better with every trial that improves."""

import math
from typing import Any

import pytest

from localcloud.sagemaker.tuning.sampler import Sampler, axes_of

RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "1e-5", "MaxValue": "1e-1", "ScalingType": "Logarithmic"}
    ],
    "IntegerParameterRanges": [{"Name": "rank", "MinValue": "8", "MaxValue": "12"}],
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b", "c"]}],
}


@pytest.mark.parametrize("strategy", ["Random", "Bayesian", "Hyperband"])
def test_values_are_texts_within_their_ranges(strategy: str) -> None:
    # When
    sampler = Sampler(strategy, axes_of(RANGES), seed=1)
    tried = []
    for number in range(200):
        tried.append(sampler.next())
        sampler.note(number, float(tried[-1]["rate"]))

    # Then
    assert all(1e-5 <= float(each["rate"]) <= 1e-1 for each in tried)
    assert {each["rank"] for each in tried} <= {"8", "9", "10", "11", "12"}
    assert {each["kind"] for each in tried} == {"a", "b", "c"}


def test_a_logarithmic_range_is_searched_by_orders_of_magnitude() -> None:
    # When
    sampler = Sampler("Random", axes_of(RANGES), seed=1)
    rates = [float(sampler.next()["rate"]) for _ in range(400)]

    # Then half of the values are below the geometric mean
    assert 0.4 < sum(rate < 1e-3 for rate in rates) / len(rates) < 0.6


def test_a_grid_tries_every_combination_once() -> None:
    # Given
    lists = [{"Name": "x", "Values": ["1", "2"]}, {"Name": "y", "Values": ["a", "b", "c"]}]
    sampler = Sampler("Grid", axes_of({"CategoricalParameterRanges": lists}), seed=0)

    # When
    tried = [tuple(sampler.next().values()) for _ in range(6)]

    # Then
    assert sorted(tried) == [(x, y) for x in "12" for y in "abc"]


def test_the_search_ends_nearer_to_the_optimum_than_chance() -> None:
    # Given a loss with its minimum at one rate
    def distance(strategy: str, seed: int) -> float:
        sampler = Sampler(strategy, axes_of(RANGES), seed)
        losses = []
        for number in range(20):
            losses.append(abs(math.log10(float(sampler.next()["rate"])) + 2.7))
            sampler.note(number, losses[-1])
        return min(losses)

    # When
    sums = {
        strategy: sum(distance(strategy, seed) for seed in range(40))
        for strategy in ("Bayesian", "Random")
    }

    # Then
    assert sums["Bayesian"] < 0.7 * sums["Random"]
