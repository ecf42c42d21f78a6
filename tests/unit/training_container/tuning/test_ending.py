"""How a training job ends when SageMaker stops it."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tuning.ending import StopBetweenBatches, StopRequested, stop_on_sigterm


@pytest.fixture(autouse=True)
def _keeps_the_handler() -> Iterator[None]:
    """Give this process its own way to end back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def ask_to_stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_job_that_does_not_train_yet_stops_at_once() -> None:
    # Given
    stop_on_sigterm()

    # When it is asked to stop while it loads its model, then it stops there
    with pytest.raises(StopRequested):
        ask_to_stop()


@pytest.mark.parametrize("moment", ["on_step_begin", "on_substep_end", "on_prediction_step"])
def test_a_stop_waits_for_the_moment_between_two_batches(moment: str) -> None:
    # Given a training that is asked to stop while a callback works
    stop_on_sigterm()
    stop, moments = StopBetweenBatches(), []
    with suppress(StopRequested), stop:
        ask_to_stop()
        moments.append("after the signal")

        # When the next batch is due
        getattr(stop, moment)()
        moments.append("after the batch")

    # Then the training stops there, and not before
    assert moments == ["after the signal"]


def test_a_stop_in_the_last_batch_leaves_no_finished_training() -> None:
    # Given a training that is asked to stop when no batch follows
    stop_on_sigterm()

    # When it ends, then the job stops before it saves an artifact
    with pytest.raises(StopRequested), StopBetweenBatches():
        ask_to_stop()


def test_a_job_that_is_not_stopped_goes_on() -> None:
    # Given
    stop_on_sigterm()
    stop = StopBetweenBatches()

    # When and then
    with stop:
        stop.on_step_begin()
