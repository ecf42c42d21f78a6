"""The job's log: one JSON object a line on standard output, and a halt when training has diverged.

SageMaker finds its metrics in these lines with regular expressions, so each is flushed at once.
"""

import json
import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tuning.errors import DivergenceError

FIRST_LOGGED_STEP = 2
"""Logged however long the job is: from its second step on, the time that is left can be told."""


def log_line(**fields: Any) -> None:
    """Print one line of the log."""
    print(json.dumps(fields), flush=True)  # noqa: T201  standard output is the contract


class ProgressLog(TrainerCallback):
    """Print losses, speed and the time that is left as they come.

    Raises DivergenceError when the losses make no sense.
    """

    def __init__(self) -> None:
        self._seconds_in_steps = 0.0
        self._step_began = 0.0
        self._tokens = 0
        self._time_left = TimeLeft()

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock: evaluations and checkpoints are not counted into the speed."""
        self._step_began = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002  the callback's signature is given
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Stop the clock; log before a checkpoint, so that a resumed job logs the same means."""
        now = time.monotonic()
        self._seconds_in_steps += now - self._step_began
        self._time_left.step_ended(now - self._step_began, now)
        if control.should_save or state.global_step == FIRST_LOGGED_STEP:
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **details: Any,
    ) -> None:
        """Print what the trainer logs in our own words."""
        logs: dict[str, float] = details["logs"]
        if "loss" in logs:
            self._log_training(state, logs, self._time_left.seconds(args, state))
        elif "eval_loss" in logs:
            _require_finite("eval_loss", logs["eval_loss"], state)
            self._time_left.evaluation_ended(time.monotonic())
            log_line(
                step=state.global_step,
                steps=state.max_steps,
                eval_loss=logs["eval_loss"],
                seconds_left=self._time_left.seconds(args, state),
            )

    def _log_training(
        self, state: TrainerState, logs: dict[str, float], seconds_left: float
    ) -> None:
        _require_finite("loss", logs["loss"], state)
        _require_finite("grad_norm", logs["grad_norm"], state)
        if logs["loss"] == 0 and not any("loss" in entry for entry in state.log_history[:-1]):
            raise DivergenceError(
                "the training loss is exactly zero from the start, so nothing is learned: "
                "the completions are empty, or the base model already gives them with certainty"
            )
        speed = (logs["num_tokens"] - self._tokens) / max(self._seconds_in_steps, 1e-9)
        self._tokens, self._seconds_in_steps = int(logs["num_tokens"]), 0.0
        log_line(
            step=state.global_step,
            steps=state.max_steps,
            epoch=round(state.epoch or 0.0, 4),
            loss=logs["loss"],
            learning_rate=logs["learning_rate"],
            tokens_per_second=round(speed, 1),
            seconds_left=seconds_left,
        )


class TimeLeft:
    """How long the training still takes, from the steps and the evaluations so far.

    The first step of a session also sets up memory and kernels, so it counts only while it is the
    only one. An evaluation counts from the first one that was seen.
    """

    def __init__(self) -> None:
        self._first_step = 0.0
        self._later_steps = 0.0
        self._steps = 0
        self._evaluation = 0.0
        self._step_ended = 0.0

    def step_ended(self, seconds: float, now: float) -> None:
        """A step of this length has ended at this time."""
        self._step_ended = now
        if self._steps:
            self._later_steps += seconds
        else:
            self._first_step = seconds
        self._steps += 1

    def evaluation_ended(self, now: float) -> None:
        """An evaluation has ended, which began after the last step."""
        self._evaluation = now - self._step_ended

    def seconds(self, args: TrainingArguments, state: TrainerState) -> float:
        """Seconds until the last step and the last evaluation are done."""
        mean = self._later_steps / (self._steps - 1) if self._steps > 1 else self._first_step
        every = int(args.eval_steps or 0)
        evaluations = state.max_steps // every - state.global_step // every if every else 0
        left = (state.max_steps - state.global_step) * mean + evaluations * self._evaluation
        return round(left, 1)


def _require_finite(name: str, value: float, state: TrainerState) -> None:
    if not math.isfinite(value):
        raise DivergenceError(
            f"{name} became {value} by step {state.global_step} of {state.max_steps}: "
            "lower hyperparameters.learning_rate (a tenth of it is a good next try)"
        )
