"""How a training job ends when SageMaker stops it."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tuning.ending import StopRequested, StopWhenAsked, stop_on_sigterm


@pytest.fixture(autouse=True)
def _keeps_the_handler() -> Iterator[None]:
    """Give this process its own way to end back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_stop_that_a_library_swallows_ends_the_next_step() -> None:
    # Given a job whose stop arrives in code that catches every exception
    stop_on_sigterm()
    with suppress(BaseException):
        os.kill(os.getpid(), signal.SIGTERM)

    # When the next step begins, then the training ends
    with pytest.raises(StopRequested):
        StopWhenAsked().on_step_begin()


def test_a_job_that_is_not_stopped_goes_on() -> None:
    # Given
    stop_on_sigterm()

    # When and then
    StopWhenAsked().on_step_begin()
