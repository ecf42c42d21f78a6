"""A training job tries rates around the rule's, unless there is a reason not to."""

import pytest
from msgspec.structs import replace

from tests.support.builders.runs import estimate_with
from tests.support.builders.training_document import SMALL
from tunedrop.documents.choices import Choice
from tunedrop.documents.dataset import Technique
from tunedrop.documents.run import CostEstimate
from tunedrop.jobs.choosing import Chosen
from tunedrop.jobs.pricing import START_HOURS
from tunedrop.jobs.probing import RatesToTry, announced, rates_to_try
from tunedrop.recipe.yaml_file import read_recipe


def chosen_with(rate: float) -> Chosen:
    chosen = replace(SMALL, learning_rate=rate)
    return Chosen(chosen, [Choice("learning_rate", rate, "the rule")])


def estimate_of(minutes: float) -> CostEstimate:
    """Return the estimate of a training that takes so long at most, without its start."""
    return estimate_with(high_hours=START_HOURS[1] + minutes / 60)


def probe_of(
    recipe: str = "",
    technique: Technique = "sft",
    *,
    rate: float = 1.3e-3,
    estimate: CostEstimate | None = None,
) -> RatesToTry:
    return rates_to_try(read_recipe(recipe.encode()), technique, chosen_with(rate), estimate)


@pytest.mark.parametrize("technique", ["sft", "pretraining"])
@pytest.mark.parametrize("estimate", [None, estimate_of(10.5)])
def test_the_rules_rate_comes_first(technique: Technique, estimate: CostEstimate | None) -> None:
    # When
    probe = probe_of(technique=technique, estimate=estimate)

    # Then
    assert probe.rates == [1.3e-3, 5.2e-4, 3.2e-3]
    assert (probe.share, probe.least_seconds) == (0.1, 600.0)


@pytest.mark.parametrize(
    ("recipe", "technique", "reason"),
    [
        ("probe: off", "sft", "the recipe says probe: off"),
        ("hyperparameters: {learning_rate: 1e-3}", "sft", "the recipe gives the learning rate"),
        ("tune: {}", "sft", "the trials of the tuning job are compared instead"),
        ("method: full", "sft", "all weights are trained"),
        ("method: qlora", "sft", "trials with the base model in 4 bits"),
        ("", "dpo", "the loss of dpo does not tell"),
        ("", "kto", "the loss of kto does not tell"),
    ],
)
def test_nothing_is_tried_with_a_reason(recipe: str, technique: Technique, reason: str) -> None:
    # When
    probe = probe_of(recipe, technique)

    # Then
    assert probe.rates == []
    assert probe.reason.startswith(reason)


def test_nothing_is_tried_in_a_training_of_few_minutes() -> None:
    # When
    probe = probe_of(estimate=estimate_of(9.0))

    # Then
    assert probe.rates == []
    assert probe.reason == "the training takes 9 min at most"


def test_rates_outside_their_range_are_not_tried() -> None:
    assert probe_of(rate=0.8).rates == [0.8, 0.32]
    assert probe_of(rate=1.2e-7).rates == [1.2e-7, 3e-7]


def test_the_other_rates_are_told_beside_the_learning_rate() -> None:
    # Given
    chosen = chosen_with(1.3e-3)

    # When
    (told,) = announced(chosen, probe_of()).choices

    # Then
    assert told.value == 1.3e-3
    assert told.reason == (
        "the rule; a training of 10 minutes or more tries 0.00052 and 0.0032 too"
    )
    assert announced(chosen, probe_of("probe: off")) is chosen
