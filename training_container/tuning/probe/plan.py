"""How long the trials of a probe are, and when the probe is ended before its end."""

import time
from dataclasses import dataclass
from typing import Any, Final

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tuning.configuration import Hyperparameters, TrainingConfig
from tuning.probe.processes import agreed
from tuning.trainer_arguments import Schedule

PLANNED: Final = 0.8
"""The part of the allowed time that is planned. The rest is for what the plan does not count."""

FOR_VALIDATION: Final = 0.25
"""The largest part of a trial's time that its validation takes."""

EVALUATION_COST: Final = 1 / 3
"""A validation row's time, as a part of a training row's: it has no backward pass."""

LEAST_STEPS: Final = 16
"""Trials with fewer steps tell little about a long training."""

TIMED_STEPS: Final = 3
"""The duration of the whole training is estimated after so many steps, without the first one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What each trial does, and how much the whole training is.

    `whole` is counted in rows of a training step; a validation row counts as EVALUATION_COST.
    """

    steps: int
    validation_rows: int
    whole: float

    @classmethod
    def of(cls, train: int, validation: int, config: TrainingConfig) -> "Plan":
        """Divide the allowed share of the training's time among the trials.

        Args:
            train: the number of training rows.
            validation: the number of validation rows.
            config: its hyperparameters and its probe are used.
        """
        chosen, probe = config.hyperparameters, config.probe
        schedule, rows = Schedule.plan(train, chosen), rows_of_a_step(chosen)
        evaluations = max(1, schedule.steps // schedule.steps_between_evaluations)
        whole = schedule.steps * rows + evaluations * validation * EVALUATION_COST
        each = PLANNED * probe.share * whole / max(1, len(probe.rates))
        looked_at = min(validation, int(FOR_VALIDATION * each / EVALUATION_COST))
        steps = min(int((each - looked_at * EVALUATION_COST) / rows), train // rows)
        return cls(steps=steps, validation_rows=looked_at, whole=whole)

    @property
    def is_worthwhile(self) -> bool:
        """Whether the trials are long enough to tell anything."""
        return self.steps >= LEAST_STEPS and self.validation_rows > 0


def rows_of_a_step(chosen: Hyperparameters) -> int:
    """Return the rows of a step of the optimizer."""
    return chosen.batch_size * chosen.gradient_accumulation_steps


class Clock(TrainerCallback):
    """Ends the probe when the training turns out to be short, or the trials take too long.

    Every process of a job ends it at the same step, because all of them use the first one's clock.
    """

    def __init__(self, plan: Plan, config: TrainingConfig) -> None:
        self.ended: str | None = None
        """Why the probe was ended, if it was."""
        self._probe, self._plan = config.probe, plan
        self._rows = rows_of_a_step(config.hyperparameters)
        self._began = self._step_began = time.monotonic()
        self._in_steps, self._steps, self._is_first = 0.0, 0, True

    @property
    def seconds(self) -> float:
        """The time since the probe began."""
        return time.monotonic() - self._began

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Leave the first step of each trial out: it also sets up memory and kernels."""
        self._is_first = True

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock of a step."""
        self._step_began = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002  the signature is transformers'
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Stop the clock, and end the trial if the probe is to end."""
        if self._is_first:
            self._is_first = False
            return
        self._in_steps += time.monotonic() - self._step_began
        self._steps += 1
        if self._steps >= TIMED_STEPS:
            self._check()
        control.should_training_stop |= self.ended is not None

    def _check(self) -> None:
        expected = self._in_steps / self._steps * self._plan.whole / self._rows
        expected, seconds = agreed((expected, self.seconds))
        if self._steps == TIMED_STEPS and expected < self._probe.least_seconds:
            least = self._probe.least_seconds / 60
            self.ended = (
                f"the training takes about {expected / 60:.1f} min, and other rates are tried from "
                f"{least:g} min on"
            )
        elif seconds > self._probe.share * expected:
            self.ended = (
                f"the trials would have taken more than {self._probe.share:.0%} of the training"
            )
