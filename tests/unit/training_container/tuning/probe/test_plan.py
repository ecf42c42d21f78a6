"""The trials of a probe take at most their share of the training's time."""

from typing import Any

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.support.builders.training_document import training_document
from tuning.configuration import TrainingConfig
from tuning.probe.plan import EVALUATION_COST, PLANNED, Clock, Plan


def config_of(share: float = 0.1, least_seconds: float = 600.0, **values: Any) -> TrainingConfig:
    probe = {"rates": [1e-3, 4e-4, 2.5e-3], "share": share, "least_seconds": least_seconds}
    document = training_document(batch_size=4, gradient_accumulation_steps=2, **values)
    return TrainingConfig.from_json(document | {"probe": {**probe, "reason": "a test"}})


@pytest.mark.parametrize(("train", "validation"), [(8_000, 100), (8_000, 4_000), (40_000, 10)])
def test_all_trials_are_planned_below_their_share(train: int, validation: int) -> None:
    # When
    trials = Plan.of(train, validation, config_of())

    # Then their rows, with those of their validations, are a tenth of all, less a reserve
    each = trials.steps * 8 + trials.validation_rows * EVALUATION_COST
    assert 0.95 * PLANNED * 0.1 <= 3 * each / trials.whole <= PLANNED * 0.1
    assert trials.validation_rows <= validation
    assert trials.is_worthwhile


def test_a_trial_is_at_most_an_epoch() -> None:
    # Given a training of many epochs over few rows
    config = config_of(epochs=100.0)

    # Then
    assert Plan.of(400, 40, config).steps == 400 // 8


def test_short_trials_are_not_worth_their_time() -> None:
    assert not Plan.of(1_000, 100, config_of()).is_worthwhile
    assert not Plan.of(8_000, 0, config_of()).is_worthwhile


class Time:
    """Stands for the clock of the machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr("tuning.probe.plan.time.monotonic", lambda: self.now)

    def steps(self, clock: Clock, *seconds: float) -> bool:
        """Let steps pass; returns whether the trial was ended."""
        arguments, state = TrainingArguments(use_cpu=True), TrainerState()
        control = TrainerControl()
        clock.on_train_begin(arguments, state, control)
        for each in seconds:
            clock.on_step_begin(arguments, state, control)
            self.now += each
            clock.on_step_end(arguments, state, control)
        return control.should_training_stop


def test_a_training_of_few_minutes_ends_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given trials of a training with 3,000 steps, the first of which is slow
    time, config = Time(monkeypatch), config_of()
    clock = Clock(Plan.of(8_000, 100, config), config)

    # When the steps take so long that all take 5 minutes
    assert not time.steps(clock, 9.0, 0.1, 0.1)
    ended = time.steps(clock, 9.0, 0.1)

    # Then
    assert ended
    assert clock.ended == (
        "the training takes about 5.1 min, and other rates are tried from 10 min on"
    )


def test_trials_that_take_too_long_end_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given trials of a training that takes 50 minutes
    time, config = Time(monkeypatch), config_of()
    clock = Clock(Plan.of(8_000, 100, config), config)
    assert not time.steps(clock, 1.0, *[1.0] * 50)

    # When something else takes the rest of the five minutes
    time.now += 260.0
    assert not time.steps(clock, 1.0)
    ended = time.steps(clock, 1.0, 1.0)

    # Then
    assert ended
    assert clock.ended == "the trials would have taken more than 10% of the training"


def test_a_training_that_proves_faster_later_is_tried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a training that seemed to take longer than ten minutes
    time, config = Time(monkeypatch), config_of()
    clock = Clock(Plan.of(8_000, 100, config), config)
    assert not time.steps(clock, 1.0, 0.3, 0.3, 0.3)

    # When its later steps are faster, then the trials go on
    assert not time.steps(clock, 1.0, *[0.1] * 60)
