"""config/trials.json: the training jobs of a tuning job, as SageMaker lists them at its end."""

import msgspec


class Trial(msgspec.Struct):
    """One training job of a tuning job.

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
