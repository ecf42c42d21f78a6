"""config/trials.json: the training jobs of a tuning job, written when it has ended."""

import msgspec


class TrialResult(msgspec.Struct):
    """One training job: its number from 1, what it tried, and the lowest validation loss."""

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
    trials: list[TrialResult]

    @property
    def winner(self) -> TrialResult:
        """The best trial."""
        return self.trials[self.best - 1]
