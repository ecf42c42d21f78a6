"""How a training job ends when it does not end well: stopped, or failed with one clear sentence."""

import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Final

import torch

from tuning.errors import TrainingError
from tuning.progress import log_line

FAILED: Final = 1
STOPPED: Final = 128 + signal.SIGTERM
"""Not 0: an unfinished training must never pass for a finished one."""

REASON_CHARACTERS: Final = 1024
"""SageMaker takes no more of the failure file into FailureReason."""


class StopRequested(BaseException):
    """SageMaker asked to stop; not an Exception, so that no library takes it for an error."""


def stop_on_sigterm() -> None:
    """Raise StopRequested in the main thread on SIGTERM: SageMaker kills 120 s later.

    Nothing is saved then: checkpoints are taken by steps, since a spot interruption may come with
    no warning at all, and an unfinished training leaves no artifact.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the second one would cut the clean-up
        raise StopRequested

    signal.signal(signal.SIGTERM, stop)


def report_stop() -> int:
    """Log the stop and give the exit status."""
    log_line(event="stopped", reason="SIGTERM")
    return STOPPED


def report_failure(error: Exception, failure_file: Path) -> int:
    """Leave the reason where SageMaker looks for it, and give the exit status."""
    reason = _in_words(error)
    if not isinstance(error, TrainingError):
        traceback.print_exception(error, file=sys.stderr)
    log_line(event="failed", reason=reason)
    failure_file.parent.mkdir(parents=True, exist_ok=True)
    failure_file.write_text(reason, encoding="utf-8")
    return FAILED


def _in_words(error: Exception) -> str:
    if isinstance(error, TrainingError):
        reason = str(error)
    elif isinstance(error, torch.OutOfMemoryError | MemoryError):
        reason = (
            "memory ran out: halve hyperparameters.batch_size (and double "
            "gradient_accumulation_steps), lower max_length, or choose a larger instance"
        )
    else:
        first_line = (str(error).strip().splitlines() or [""])[0]
        reason = f"{type(error).__name__}: {first_line} (the job's log holds the traceback)"
    if len(reason) <= REASON_CHARACTERS:
        return reason
    return reason[: REASON_CHARACTERS - 1] + "…"
