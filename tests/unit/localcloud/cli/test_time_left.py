"""The estimate of the time that a run still takes, and the advice for a slow machine."""

from itertools import pairwise

import pytest

from localcloud.cli.time_left import EVALUATED_ROW, SLOW_SECONDS, TimeLeft, duration
from tests.unit.localcloud.cli.fakes import ROWS, Clock, step


def trained(clock: Clock, last_stage: str = "evaluate", seconds: float = 2.0) -> TimeLeft:
    """Return the estimate after two steps of a job that took 20 seconds to start."""
    left = TimeLeft(last_stage, clock)
    clock.now = 10.0
    left.at("train", ROWS)
    clock.now = 30.0 + 2 * seconds
    left.trained(step(2, seconds))
    return left


def test_nothing_is_estimated_before_the_first_step() -> None:
    # Given
    left = TimeLeft("evaluate", Clock())

    # When
    left.at("train", ROWS)

    # Then
    assert (left.left().stage, left.left().run, left.advice()) == (None, None, None)


def test_later_stages_are_part_of_the_estimate() -> None:
    # When
    clock = Clock()
    left = trained(clock)

    # Then
    asking = 2 * 200 * (2.0 / 8) * EVALUATED_ROW
    assert left.left().stage == pytest.approx(58 * 2.0)
    assert left.left().run == pytest.approx(58 * 2.0 + 20.0 + asking)

    # And when
    clock.now += 16.0

    # Then
    assert left.left().stage == pytest.approx(58 * 2.0 - 16.0), "time passes between two steps"


def test_a_late_validation_does_not_raise_the_time_of_a_row() -> None:
    # Given
    clock = Clock()
    left = trained(clock)
    clock.now = 30.0 + 59 * 2.0

    # When
    left.trained(step(59, 2.0) | {"seconds_left": 2.0 + 12.0})

    # Then
    asking = 2 * 200 * ((60 * 2.0 + 12.0) / 480) * EVALUATED_ROW
    assert left.left().run == pytest.approx(14.0 + 20.0 + asking)


def test_the_estimate_ends_with_the_last_stage() -> None:
    # When
    left = trained(Clock(), "train").left()

    # Then
    assert left.run == left.stage == pytest.approx(58 * 2.0)


def test_a_deployment_is_estimated_by_the_start_of_the_job() -> None:
    # Given
    clock = Clock()
    left = trained(clock)

    # When
    left.at("deploy", ROWS)
    clock.now += 5.0

    # Then
    assert left.left().stage == pytest.approx(15.0)


def test_an_evaluation_is_estimated_by_its_own_speed() -> None:
    # Given
    clock = Clock()
    left = trained(clock)
    left.at("evaluate", ROWS)
    clock.now += 10.0

    # When
    left.progressed(1, 400)

    # Then
    assert left.left().stage == pytest.approx(399 * 2.0 / 8), "one answer tells no speed"

    # And when a quarter is done, with 4 answers a second
    clock.now += 25.0
    left.progressed(101, 400)

    # Then
    assert left.left().stage == left.left().run == pytest.approx(299 / 4)


def test_first_answers_that_come_late_do_not_raise_the_estimate() -> None:
    # Given an evaluation of 320 answers, as measured: the first ones are the slowest
    clock = Clock()
    left = trained(clock, seconds=1.375)
    left.at("evaluate", ROWS | {"test": 160})
    began = clock.now
    answers = {2.5: 1, 5.0: 4, 8.1: 20, 12.2: 44, 16.3: 71, 20.8: 97, 33.6: 173, 46.7: 277}
    estimates = [left.left().stage or 0.0]

    # When
    for seconds, done in answers.items():
        clock.now = began + seconds
        left.progressed(done, 320)
        estimates.append(left.left().stage or 0.0)

    # Then it falls, apart from a rise of a few seconds
    rises = [after - before for before, after in pairwise(estimates)]
    assert max(rises) < 10.0
    assert max(estimates) < 70.0


def test_answers_beyond_two_a_row_are_in_the_estimate() -> None:
    # Given three answers to each row, as with few-shot prompts
    clock = Clock()
    left = trained(clock)
    left.at("evaluate", ROWS)

    # When
    left.progressed(1, 600)

    # Then
    assert left.left().stage == pytest.approx(599 * 2.0 / 8)


def test_a_fast_machine_gets_no_advice() -> None:
    assert trained(Clock()).advice() is None


def test_a_slow_machine_is_advised_to_use_fewer_rows() -> None:
    # Given
    clock = Clock()

    # When
    advice = trained(clock, seconds=85.0).advice()

    # Then
    assert advice
    assert "takes about 2 h 37 min" in advice
    assert "write into its recipe: rows: {max_train: 24, max_validation: 8, max_test: 8}" in advice


def test_a_run_with_the_advised_rows_is_not_slow() -> None:
    # Given
    fewer = {"train": 24, "validation": 8, "test": 8}
    clock = Clock()
    left = TimeLeft("evaluate", clock)
    clock.now = 10.0
    left.at("train", fewer)
    clock.now = 30.0 + 85.0
    clock.now += 85.0

    # When
    left.trained(step(2, 85.0, steps=3))

    # Then
    assert clock.now + (left.left().run or 0.0) < SLOW_SECONDS
    assert left.advice() is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (130, "2 min 10 s"),
        (611, "10 min"),
        (3599, "1 h 0 min"),
        (4800, "1 h 20 min"),
    ],
)
def test_durations_are_rounded_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
