"""How a training job ends when it is stopped or fails."""

import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, Final

import torch
from transformers import TrainerCallback

from tuning.errors import TrainingError
from tuning.progress import log_line

FAILED: Final = 1
"""Exit status of a job that failed."""

STOPPED: Final = 128 + signal.SIGTERM
"""Exit status of a job that was stopped. It is not 0, because SageMaker would then report an
unfinished training as completed."""

REASON_CHARACTERS: Final = 1024
"""SageMaker copies at most this many characters of the failure file into FailureReason."""


_asked_to_stop: Final = threading.Event()


class StopRequested(BaseException):
    """SageMaker asked the job to stop.

    It is not an Exception, so that libraries that catch every Exception let it pass.
    """


def stop_on_sigterm() -> None:
    """Raise StopRequested in the main thread on SIGTERM. SageMaker kills the job 120 s later.

    No checkpoint is saved then. A spot interruption may come without a warning, so checkpoints are
    saved at fixed steps. An unfinished training leaves no artifact.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would interrupt the clean-up
        _asked_to_stop.set()
        raise StopRequested

    _asked_to_stop.clear()
    signal.signal(signal.SIGTERM, stop)


class StopWhenAsked(TrainerCallback):
    """Raises StopRequested at the next step if the one that the signal raised was swallowed.

    Python prints an exception that is raised in a destructor and goes on, and some libraries catch
    every exception. Without this the training would run until SageMaker kills it.
    """

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Stop if SageMaker has asked for it."""
        if _asked_to_stop.is_set():
            raise StopRequested


def report_stop() -> int:
    """Log the stop and return the exit status."""
    log_line(event="stopped", reason="SIGTERM")
    return STOPPED


def report_failure(error: Exception, failure_file: Path) -> int:
    """Write the reason into the file that SageMaker reads, and return the exit status."""
    reason = _reason(error)
    if not isinstance(error, TrainingError):
        traceback.print_exception(error, file=sys.stderr)
    log_line(event="failed", reason=reason)
    failure_file.parent.mkdir(parents=True, exist_ok=True)
    failure_file.write_text(reason, encoding="utf-8")
    return FAILED


def _reason(error: Exception) -> str:
    """Return one sentence about the error, at most REASON_CHARACTERS long."""
    if isinstance(error, TrainingError):
        reason = str(error)
    elif isinstance(error, torch.OutOfMemoryError | MemoryError):
        reason = (
            "the memory is too small: halve hyperparameters.batch_size (and double "
            "gradient_accumulation_steps), lower max_length, or choose a larger instance"
        )
    else:
        first_line = (str(error).strip().splitlines() or [""])[0]
        reason = f"{type(error).__name__}: {first_line} (the traceback is in the job's log)"
    if len(reason) <= REASON_CHARACTERS:
        return reason
    return reason[: REASON_CHARACTERS - 1] + "…"
