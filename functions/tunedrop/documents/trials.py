"""Trials of hyperparameters: those of a tuning job, and those at the beginning of a training job.

config/trials.json has the training jobs of a tuning job, as SageMaker lists them at its end.
training_summary.json has the trials of a training job.
"""

from typing import Literal

import msgspec


class Trial(msgspec.Struct):
    """One training job of a tuning job, or one of the trials in a training job.

    `number` counts from 1 in the order of the starts. `values` are the tuned hyperparameters as
    texts, `loss` the lowest validation loss, None without one, and `seconds` how long it trained.
    `reason` is that of a failure.
    """

    number: int
    job: str
    status: str
    values: dict[str, str]
    loss: float | None = None
    seconds: float | None = None
    reason: str | None = None


class Trials(msgspec.Struct):
    """All trials in the order in which they were started; `best` is the number of the best one."""

    best: int
    trials: list[Trial]

    @property
    def winner(self) -> Trial:
        """The best trial."""
        return self.trials[self.best - 1]


class Probe(msgspec.Struct):
    """The learning rate of a training job that was to try several first.

    `source` is `probe` if the trials decided and `rule` if not, and `reason` says why. `seconds` is
    the time of all trials; `trials` is None when there were none, or they were not finished.
    """

    learning_rate: float
    source: Literal["rule", "probe"]
    reason: str
    seconds: float = 0.0
    trials: Trials | None = None
