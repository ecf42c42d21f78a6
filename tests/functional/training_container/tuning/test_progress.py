"""The log tells losses and the time that is left, and a training that diverges ends."""

import json
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tuning.errors import DivergenceError
from tuning.progress import ProgressLog, TimeLeft

LOGGED: dict[str, float] = {"grad_norm": 1.0, "learning_rate": 1e-3, "num_tokens": 500.0}
EVERY_FOUR = TrainingArguments(use_cpu=True, eval_steps=4)
"""An evaluation at every fourth step."""


def log(earlier: list[dict[str, Any]], **logs: float) -> None:
    """Report `logs` to ProgressLog after `earlier` ones, as the trainer does."""
    entry = {**LOGGED, **logs} if "loss" in logs else logs
    state = TrainerState(global_step=7, max_steps=80, epoch=0.5, log_history=[*earlier, entry])
    ProgressLog().on_log(TrainingArguments(use_cpu=True), state, TrainerControl(), logs=entry)


@pytest.mark.parametrize(
    "logs",
    [{"loss": float("nan")}, {"loss": 1.0, "grad_norm": float("inf")}, {"eval_loss": float("inf")}],
)
def test_figure_that_is_not_finite_ends_the_job(logs: dict[str, float]) -> None:
    with pytest.raises(DivergenceError, match=r"by step 7 of 80: lower .*learning_rate"):
        log([], **logs)


def test_first_loss_of_zero_ends_the_job() -> None:
    with pytest.raises(DivergenceError, match="exactly zero from the start"):
        log([], loss=0.0)


def test_later_loss_of_zero_does_not_end_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    # Given a loss above zero before it
    log([{"loss": 0.3}], loss=0.0)

    # Then the loss of zero is logged as any other
    assert json.loads(capsys.readouterr().out)["loss"] == 0.0


def logged_losses(*losses: float) -> None:
    """Report training losses one after the other to one ProgressLog."""
    progress, state = ProgressLog(), TrainerState(global_step=0, max_steps=80, epoch=0.5)
    for loss in losses:
        state.global_step += 1
        entry = {**LOGGED, "loss": loss, "num_tokens": 500.0 * state.global_step}
        state.log_history.append(entry)
        progress.on_log(TrainingArguments(use_cpu=True), state, TrainerControl(), logs=entry)


def test_losses_far_above_the_first_one_end_the_job() -> None:
    with pytest.raises(DivergenceError) as caught:
        logged_losses(1.0, 0.8, 6.0, 9.0, 12.0)

    assert str(caught.value) == (
        "the training loss rose from 1 to 12 by step 5 of 80: the learning rate is too high; "
        "lower hyperparameters.learning_rate, for example to a tenth"
    )


@pytest.mark.parametrize(
    "losses",
    [(1.0, 6.0, 6.0, 0.9, 6.0, 6.0), (0.1, 0.4, 0.5, 0.6, 0.6), (4.0, 7.0, 8.0, 7.5, 7.0)],
    ids=["two in a row", "less than two nats", "less than three times"],
)
def test_smaller_rises_of_the_loss_do_not_end_the_job(losses: tuple[float, ...]) -> None:
    logged_losses(*losses)


@pytest.mark.parametrize(("before", "best"), [(None, 0.5), (0.4, 0.4), (0.9, 0.5)])
def test_the_lowest_validation_loss_so_far_is_logged(
    capsys: pytest.CaptureFixture[str], before: float | None, best: float
) -> None:
    # Given
    state = TrainerState(global_step=7, max_steps=80, best_metric=before)

    # When
    arguments = TrainingArguments(use_cpu=True)
    ProgressLog().on_log(arguments, state, TrainerControl(), logs={"eval_loss": 0.5})

    # Then
    line = json.loads(capsys.readouterr().out)
    assert (line["eval_loss"], line["best_eval_loss"]) == (0.5, best)


def at(step: int) -> TrainerState:
    """Return the state of a training of ten steps."""
    return TrainerState(global_step=step, max_steps=10)


def test_time_left_is_estimated_from_the_first_step() -> None:
    # Given one step of 5 s
    left = TimeLeft()
    left.step_ended(5.0, now=5.0)

    # Then the other nine are expected to take as long
    assert left.seconds(EVERY_FOUR, at(1)) == 45.0


def test_time_left_ignores_the_first_step_when_there_are_others() -> None:
    # Given a slow first step, and two others of 3 s on average
    left = TimeLeft()
    for seconds in (9.0, 2.0, 4.0):
        left.step_ended(seconds, now=0.0)

    # Then only those count
    assert left.seconds(EVERY_FOUR, at(3)) == 7 * 3.0


def test_time_left_includes_the_evaluations_to_come() -> None:
    # Given four steps of 1 s, and an evaluation of 20 s after them
    left = TimeLeft()
    for step in range(4):
        left.step_ended(1.0, now=float(step))
    left.evaluation_ended(now=23.0)

    # Then the evaluation at step 8 counts until it is done
    assert left.seconds(EVERY_FOUR, at(4)) == 6 * 1.0 + 1 * 20.0
    assert left.seconds(EVERY_FOUR, at(8)) == 2 * 1.0


def test_no_time_is_left_after_the_last_step() -> None:
    left = TimeLeft()
    left.step_ended(5.0, now=5.0)

    assert left.seconds(EVERY_FOUR, at(10)) == 0.0


@pytest.mark.parametrize(("step", "logged"), [(1, False), (2, True), (3, False)])
def test_second_step_of_a_long_job_is_logged(step: int, *, logged: bool) -> None:
    # Given a job that does not log at every step
    control = TrainerControl()

    # When a step ends
    ProgressLog().on_step_end(EVERY_FOUR, at(step), control)

    # Then the trainer is asked for a log after the second step only
    assert control.should_log is logged
