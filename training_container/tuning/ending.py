"""How a training job ends when it is stopped or fails."""

import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

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
_between_batches: Final = threading.Event()
"""Set while a StopBetweenBatches is entered."""


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
        _asked_to_stop.set()
        if not _between_batches.is_set():
            _stop()

    _asked_to_stop.clear()
    signal.signal(signal.SIGTERM, stop)


class StopBetweenBatches(TrainerCallback):
    """While it is entered, a training that is asked to stop does so before its next batch.

    A signal may arrive while the trainer or another callback holds a lock. An exception that is
    raised there can leave the lock held, and the process then waits for it at its exit: the queue
    of tensorboardX did that.
    """

    def __enter__(self) -> None:
        _between_batches.set()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _between_batches.clear()
        if kind is None:  # Asked during the last batch, or while the last checkpoint was saved.
            self._stop_if_asked()

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Stop before the first batch of a step."""
        self._stop_if_asked()

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        """Stop before a later batch whose gradients are accumulated."""
        self._stop_if_asked()

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        """Stop before the next batch of the validation rows."""
        self._stop_if_asked()

    @staticmethod
    def _stop_if_asked() -> None:
        if _asked_to_stop.is_set():
            _stop()


def _stop() -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # A second one would disturb the end.
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
