"""How long a run still takes, and what is said on a machine that is too slow for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.progress import SILENT_SECONDS, ProgressLines
from localcloud.time_left import EVALUATED_ROW, SLOW_SECONDS, TimeLeft, duration

ROWS = {"in": 38_158, "train": 480, "validation": 64, "test": 200}


class Clock:
    """Shows the time that it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def step(number: int, seconds: float, steps: int = 60) -> dict[str, Any]:
    """Return a line of the log of a job of one epoch whose steps take so long."""
    return {
        "step": number,
        "steps": steps,
        "epoch": number / steps,
        "loss": 1.0,
        "seconds_left": (steps - number) * seconds,
    }


def trained(clock: Clock, last_stage: str = "evaluate", seconds: float = 2.0) -> TimeLeft:
    """Return what is known after two steps of a job that took 20 seconds to start."""
    left = TimeLeft(last_stage, clock)
    clock.now = 10.0
    left.at("train", ROWS)
    clock.now = 30.0 + 2 * seconds
    left.trained(step(2, seconds))
    return left


def test_given_no_step_when_asked_then_nothing_is_said() -> None:
    left = TimeLeft("evaluate", Clock())
    left.at("train", ROWS)

    assert (left.left().stage, left.left().run, left.advice()) == (None, None, None)


def test_given_steps_when_asked_then_the_later_stages_are_counted_too() -> None:
    clock = Clock()
    left = trained(clock)
    asking = 2 * 200 * (2.0 / 8) * EVALUATED_ROW

    assert left.left().stage == pytest.approx(58 * 2.0)
    assert left.left().run == pytest.approx(58 * 2.0 + 20.0 + asking)
    clock.now += 16.0
    assert left.left().stage == pytest.approx(58 * 2.0 - 16.0), "time passes between two steps"


def test_given_a_validation_near_the_end_when_asked_then_a_row_costs_no_more_for_it() -> None:
    clock = Clock()
    left = trained(clock)
    clock.now = 30.0 + 59 * 2.0
    left.trained(step(59, 2.0) | {"seconds_left": 2.0 + 12.0})
    asking = 2 * 200 * ((60 * 2.0 + 12.0) / 480) * EVALUATED_ROW

    assert left.left().run == pytest.approx(14.0 + 20.0 + asking)


def test_given_an_earlier_last_stage_when_asked_then_the_run_ends_there() -> None:
    left = trained(Clock(), "train").left()

    assert left.run == left.stage == pytest.approx(58 * 2.0)


def test_given_the_deployment_when_asked_then_it_takes_as_long_as_the_job_took_to_start() -> None:
    clock = Clock()
    left = trained(clock)
    left.at("deploy", ROWS)
    clock.now += 5.0

    assert left.left().stage == pytest.approx(15.0)


def test_given_answers_when_asked_then_their_own_speed_counts() -> None:
    clock = Clock()
    left = trained(clock)
    left.at("evaluate", ROWS)
    clock.now += 10.0
    before = left.left().stage
    left.progressed(1, 400)

    assert left.left().stage == before, "the first answers say nothing yet"
    left.progressed(100, 400)
    assert left.left().stage == left.left().run == pytest.approx(30.0)


def test_given_a_fast_machine_when_asked_then_no_advice_is_given() -> None:
    assert trained(Clock()).advice() is None


def test_given_a_slow_machine_when_two_steps_are_done_then_fewer_rows_are_named() -> None:
    clock = Clock()
    advice = trained(clock, seconds=85.0).advice()

    assert advice
    assert "takes about 2 h 37 min" in advice
    assert "write into its recipe: rows: {max_train: 24, max_validation: 8, max_test: 8}" in advice


def test_given_the_advised_rows_when_run_then_the_run_is_not_slow() -> None:
    fewer = {"train": 24, "validation": 8, "test": 8}
    clock = Clock()
    left = TimeLeft("evaluate", clock)
    clock.now = 10.0
    left.at("train", fewer)
    clock.now = 30.0 + 85.0
    clock.now += 85.0
    left.trained(step(2, 85.0, steps=3))

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
def test_given_seconds_when_written_then_they_read_as_people_say_them(
    seconds: float, text: str
) -> None:
    assert duration(seconds) == text


class Log:
    """A training log to which lines come."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def new_steps(self, _job: str) -> Iterator[dict[str, Any]]:
        lines, self.lines = self.lines, []
        return iter(lines)


def test_given_a_slow_run_when_followed_then_the_time_and_the_advice_are_said_once() -> None:
    clock, log, said = Clock(), Log(), list[str]()
    lines = ProgressLines(said.append, log, "evaluate", clock)  # type: ignore[arg-type]
    run = {"stage": "train", "status": "running", "job": "tweets-1", "rows": ROWS}
    lines.update(run)
    for number in (1, 2):
        clock.now += 85.0
        log.lines = [step(number, 85.0)]
        lines.update(run)

    told = [line.split("train     ", 1)[1] for line in said if "train     " in line]
    left = "left: about 1 h 24 min of this stage, 2 h 34 min of the run"
    assert told[0].startswith("begins: ")
    assert told[1] == f"step 1/60: loss 1.0000; {left}"
    assert told[2].startswith("step 2/60: ")
    assert told[3].startswith("on this machine the run takes about 2 h ")
    assert len(told) == 4


def test_given_a_long_silence_when_followed_then_what_is_waited_for_is_said_again() -> None:
    clock, said = Clock(), list[str]()
    lines = ProgressLines(said.append, Log(), "evaluate", clock)  # type: ignore[arg-type]
    run = {"stage": "deploy", "status": "running"}
    for _ in range(5):
        lines.update(run)
        clock.now += SILENT_SECONDS / 2

    assert [line.split("deploy    ")[1].split()[0] for line in said] == [
        "begins:",
        "still",
        "still",
    ]
