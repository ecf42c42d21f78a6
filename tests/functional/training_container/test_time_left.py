"""The log says how long the training still takes, from its second step on."""

import json

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.functional.training_container.conftest import FinishedJob
from tuning.progress import ProgressLog, TimeLeft

EVERY_FOUR = TrainingArguments(use_cpu=True, eval_steps=4)


def at(step: int) -> TrainerState:
    return TrainerState(global_step=step, max_steps=10)


def test_given_one_step_when_asked_then_the_others_are_said_to_be_like_it() -> None:
    left = TimeLeft()
    left.step_ended(5.0, now=5.0)

    assert left.seconds(EVERY_FOUR, at(1)) == 45.0


def test_given_a_slow_first_step_when_others_follow_then_it_counts_no_more() -> None:
    left = TimeLeft()
    for seconds in (9.0, 2.0, 4.0):
        left.step_ended(seconds, now=0.0)

    assert left.seconds(EVERY_FOUR, at(3)) == 7 * 3.0


def test_given_an_evaluation_when_asked_then_those_to_come_are_counted() -> None:
    left = TimeLeft()
    for step in range(4):
        left.step_ended(1.0, now=float(step))
    left.evaluation_ended(now=23.0)

    assert left.seconds(EVERY_FOUR, at(4)) == 6 * 1.0 + 1 * 20.0
    assert left.seconds(EVERY_FOUR, at(8)) == 2 * 1.0


def test_given_the_last_step_when_asked_then_nothing_is_left() -> None:
    left = TimeLeft()
    left.step_ended(5.0, now=5.0)

    assert left.seconds(EVERY_FOUR, at(10)) == 0.0


@pytest.mark.parametrize(("step", "logged"), [(1, False), (2, True), (3, False)])
def test_given_a_long_job_when_its_second_step_ends_then_it_is_logged(
    step: int, *, logged: bool
) -> None:
    control = TrainerControl()
    ProgressLog().on_step_end(EVERY_FOUR, at(step), control)

    assert control.should_log is logged


def test_given_a_finished_job_when_its_log_is_read_then_each_line_tells_the_time(
    finished: FinishedJob,
) -> None:
    lines = [json.loads(line) for line in finished.process.text.splitlines() if '"step"' in line]
    left = [line["seconds_left"] for line in lines if "loss" in line or "eval_loss" in line]

    assert len(left) == 60 + 12
    assert left[-1] == 0.0
    assert all(seconds > 0 for seconds in left[:-2])
