"""The trials decide for another rate than the rule's only if it is clearly better."""

import json
import math

import msgspec
import pytest

from tunedrop.documents.trials import Probe as ReadProbe
from tuning.probe.outcome import Outcome, choose, trial_of

RATES = [1e-3, 4e-4, 2.5e-3]


def outcome_of(*losses: float) -> Outcome:
    trials = [
        trial_of(number, rate, loss, 10.04)
        for number, (rate, loss) in enumerate(zip(RATES, losses, strict=True), start=1)
    ]
    return choose(RATES, trials, 30.1)


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ((1.0, 1.2, 0.98), 3),
        ((1.0, 0.9, 0.95), 2),
        ((1.0, 0.995, 1.1), 1),
        ((1.0, 1.1, 1.2), 1),
        ((math.nan, 1.1, math.inf), 2),
        ((1.0, math.nan, math.inf), 1),
        ((math.nan, math.nan, math.nan), 1),
    ],
)
def test_the_lowest_loss_wins_if_it_is_clearly_lower(
    losses: tuple[float, float, float], best: int
) -> None:
    # When
    outcome = outcome_of(*losses)

    # Then
    assert (outcome.best, outcome.learning_rate) == (best, RATES[best - 1])
    assert outcome.source == "probe"


def test_the_reason_says_what_was_compared() -> None:
    assert outcome_of(1.0, 1.1, 1.2).reason == (
        "the rule's; 0.0004 and 0.0025 were tried first and are not clearly better"
    )
    assert outcome_of(1.0, 0.5, 1.2).reason == (
        "the best of 3 rates that were tried first; the rule's is 0.001"
    )


def test_functions_read_the_figures_as_trials_of_a_tuning_job() -> None:
    # Given the figures as the summary has them, with a trial that diverged
    text = json.dumps(outcome_of(1.0, 0.5, math.nan).figures, allow_nan=False)

    # When
    probe = msgspec.json.decode(text, type=ReadProbe)

    # Then
    assert probe.trials
    assert probe.trials.winner.values == {"learning_rate": "0.0004"}
    assert [trial.loss for trial in probe.trials.trials] == [1.0, 0.5, None]
    assert probe.trials.trials[2].reason == "the validation loss became nan"
    assert probe.seconds == 30.1


def test_an_outcome_without_trials_has_none() -> None:
    # Given
    outcome = Outcome(learning_rate=1e-3, source="rule", reason="the recipe says probe: off")

    # Then
    assert outcome.figures == {
        "learning_rate": 1e-3,
        "source": "rule",
        "reason": "the recipe says probe: off",
        "seconds": 0.0,
        "trials": None,
    }
