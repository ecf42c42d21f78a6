"""The job's log, one JSON object a line on standard output, and the end of a diverging training.

SageMaker reads its metrics from these lines with regular expressions, so each is flushed at once.
"""

import json
import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tuning.errors import DivergenceError

EXPLODED_FACTOR = 3.0
EXPLODED_RISE = 2.0
EXPLODED_LOGS = 3
"""A training has exploded when so many losses in a row are both so many times the first one and
so many nats above it. Single losses far above the others occur with rows of another kind."""

FIRST_LOGGED_STEP = 2
"""This step is always logged: from it on, the time that is left can be estimated."""


FIGURES = {
    "rewards/margins": "reward_margin",
    "rewards/accuracies": "reward_accuracy",
    "kl": "kl",
}
"""Figures of DPO and KTO that are logged, by the names that TRL gives them.

A reward is `beta` times how much likelier the model makes an answer than the base model does."""


def log_line(**fields: Any) -> None:
    """Print one line of the log."""
    print(json.dumps(fields), flush=True)  # noqa: T201  SageMaker reads standard output


class ProgressLog(TrainerCallback):
    """Log losses, speed and the time that is left, as the trainer reports them.

    Raises:
        DivergenceError: a loss is not finite, the first training loss is exactly zero, or the loss
            has risen far above the first one.
    """

    def __init__(self) -> None:
        self._seconds_in_steps = 0.0
        self._step_began = 0.0
        self._tokens = 0
        self._exploded = 0  # Training losses in a row that are far above the first one.
        self._time_left = TimeLeft()

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock. The speed does not include evaluations and checkpoints."""
        self._step_began = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002  the signature is transformers'
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Stop the clock, and log before each checkpoint.

        A loss is logged as the mean since the last log. A resumed job begins at a checkpoint, so it
        logs the same means only if there was a log at the checkpoint.
        """
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
        """Log the figures that the trainer reports, under our own names."""
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
                **figures_of(logs, "eval_"),
                # A tuning job compares its trials by the loss of the checkpoint that they keep.
                best_eval_loss=min(_best_before(state), logs["eval_loss"]),
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
                "the completions are empty, or the base model already writes them with certainty; "
                "drop other data, or choose another base model"
            )
        self._require_no_explosion(state, logs["loss"])
        speed = (logs["num_tokens"] - self._tokens) / max(self._seconds_in_steps, 1e-9)
        self._tokens, self._seconds_in_steps = int(logs["num_tokens"]), 0.0
        log_line(
            step=state.global_step,
            steps=state.max_steps,
            epoch=round(state.epoch or 0.0, 4),
            loss=logs["loss"],
            **figures_of(logs),
            learning_rate=logs["learning_rate"],
            tokens_per_second=round(speed, 1),
            seconds_left=seconds_left,
        )

    def _require_no_explosion(self, state: TrainerState, loss: float) -> None:
        first = next((entry["loss"] for entry in state.log_history if "loss" in entry), loss)
        far = loss > EXPLODED_FACTOR * first and loss > first + EXPLODED_RISE
        self._exploded = self._exploded + 1 if far else 0
        if self._exploded >= EXPLODED_LOGS:
            raise DivergenceError(
                f"the training loss rose from {first:.3g} to {loss:.3g} by step "
                f"{state.global_step} of {state.max_steps}: the learning rate is too high; lower "
                "hyperparameters.learning_rate, for example to a tenth"
            )


def figures_of(logs: dict[str, float], prefix: str = "") -> dict[str, float]:
    """Return the figures of FIGURES that TRL has logged, under our own names."""
    return {
        f"{prefix}{name}": round(logs[f"{prefix}{key}"], 6)
        for key, name in FIGURES.items()
        if f"{prefix}{key}" in logs
    }


class TimeLeft:
    """Estimates how long the training still takes, from the steps and the evaluations so far.

    The first step of a process also sets up memory and kernels, so it is used only until there is
    another. Evaluations are part of the estimate after the first one.
    """

    def __init__(self) -> None:
        self._first_step = 0.0
        self._later_steps = 0.0
        self._steps = 0
        self._evaluation = 0.0
        self._step_ended = 0.0

    def step_ended(self, seconds: float, now: float) -> None:
        """Record a step; `now` is the time of its end, in seconds of time.monotonic()."""
        self._step_ended = now
        if self._steps:
            self._later_steps += seconds
        else:
            self._first_step = seconds
        self._steps += 1

    def evaluation_ended(self, now: float) -> None:
        """Record an evaluation, which began when the last step ended."""
        self._evaluation = now - self._step_ended

    def seconds(self, args: TrainingArguments, state: TrainerState) -> float:
        """Return the seconds, to the millisecond, until the last step and evaluation have ended."""
        mean = self._later_steps / (self._steps - 1) if self._steps > 1 else self._first_step
        every = int(args.eval_steps or 0)
        evaluations = state.max_steps // every - state.global_step // every if every else 0
        left = (state.max_steps - state.global_step) * mean + evaluations * self._evaluation
        return round(left, 3)


def _best_before(state: TrainerState) -> float:
    """Return the lowest validation loss before this one; infinity if there was none."""
    return math.inf if state.best_metric is None else state.best_metric


def _require_finite(name: str, value: float, state: TrainerState) -> None:
    if not math.isfinite(value):
        raise DivergenceError(
            f"{name} became {value} by step {state.global_step} of {state.max_steps}: "
            "lower hyperparameters.learning_rate, for example to a tenth"
        )
