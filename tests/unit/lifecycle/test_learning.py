"""What the losses of a training tell, in words."""

import pytest

from tunedrop.documents.report import LossPoint
from tunedrop.lifecycle.learning import learning_of
from tunedrop.lifecycle.reporting import TrainingSummary


def summary(
    validation: list[float], training: list[float] | None = None, *, steps: int = 40
) -> TrainingSummary:
    """Return the summary of a training of 40 planned steps and two epochs that took 100 seconds."""
    every = steps // len(validation)
    points = [LossPoint(every * at, eval_loss=loss) for at, loss in enumerate(validation, start=1)]
    points += [LossPoint(at, loss=loss) for at, loss in enumerate(training or (), start=1)]
    return TrainingSummary(steps=steps, planned_steps=40, epochs=2.0, seconds=100.0, curve=points)


def test_overfitting_names_the_step_that_was_kept() -> None:
    (sentence,) = learning_of(summary([1.0, 0.5, 0.6, 0.8]), 0.4)

    assert sentence.startswith("The validation loss was lowest at step 20 of 40 (0.500) and rose")
    assert "The model of step 20 was kept." in sentence


def test_loss_that_still_fell_tells_what_another_epoch_would_cost() -> None:
    (sentence,) = learning_of(summary([1.0, 0.8, 0.6, 0.5]), 0.4)

    assert "still falling at the end (0.600 to 0.500" in sentence
    assert sentence.endswith("Another epoch would take about 50 s and $0.20.")
    assert learning_of(summary([1.0, 0.5]), None)[0].endswith("take about 50 s.")


def test_early_end_tells_the_saved_time() -> None:
    sentence, *_ = learning_of(summary([1.0, 0.5, 0.505], steps=30), 0.4)

    assert "after 30 of 40 steps" in sentence
    assert "about 33 s were saved" in sentence


def test_exploded_loss_names_the_key_to_change() -> None:
    (sentence,) = learning_of(summary([1.0, 0.999], [1.0, 0.9, 4.0, 1.0]), None)

    assert "rose to 4.00 at step 3, from 1.00 at the beginning" in sentence
    assert "Lower hyperparameters.learning_rate" in sentence


@pytest.mark.parametrize("validation", [[1.0, 0.6, 0.5, 0.499], [1.0, 0.5, 0.505], [0.5]])
def test_nothing_is_told_of_a_training_that_ended_well(validation: list[float]) -> None:
    assert learning_of(summary(validation), 0.4) == []


def test_nothing_is_told_without_a_summary() -> None:
    assert learning_of(TrainingSummary(), 0.4) == []
