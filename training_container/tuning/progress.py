"""The job's log: one JSON object a line on standard output, and a halt when training has diverged.

SageMaker finds its metrics in these lines with regular expressions, so each is flushed at once.
"""

import json
import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tuning.errors import DivergenceError


def log_line(**fields: Any) -> None:
    """Print one line of the log."""
    print(json.dumps(fields), flush=True)  # noqa: T201  standard output is the contract


class ProgressLog(TrainerCallback):
    """Print losses and speed as they come, and raise DivergenceError when they make no sense."""

    def __init__(self) -> None:
        self._seconds_in_steps = 0.0
        self._step_began = 0.0
        self._tokens = 0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock: evaluations and checkpoints are not counted into the speed."""
        self._step_began = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002  the callback's signature is given
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Stop the clock; log before a checkpoint, so that a resumed job logs the same means."""
        self._seconds_in_steps += time.monotonic() - self._step_began
        if control.should_save:
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **details: Any,
    ) -> None:
        """Print what the trainer logs in our own words."""
        logs: dict[str, float] = details["logs"]
        if "loss" in logs:
            self._log_training(state, logs)
        elif "eval_loss" in logs:
            _require_finite("eval_loss", logs["eval_loss"], state)
            log_line(step=state.global_step, steps=state.max_steps, eval_loss=logs["eval_loss"])

    def _log_training(self, state: TrainerState, logs: dict[str, float]) -> None:
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
        )


def _require_finite(name: str, value: float, state: TrainerState) -> None:
    if not math.isfinite(value):
        raise DivergenceError(
            f"{name} became {value} by step {state.global_step} of {state.max_steps}: "
            "lower hyperparameters.learning_rate (a tenth of it is a good next try)"
        )
