"""The hyperparameters of a training, each with the reason for its value."""

import msgspec

from tunedrop.recipe.hyperparameters import Hyperparameters


class Choice(msgspec.Struct):
    """One hyperparameter: its value, and in a few words where it comes from."""

    name: str
    value: int | float | str
    reason: str


class TrainedWith(msgspec.Struct):
    """What is read of config/training.json after the training."""

    hyperparameters: Hyperparameters
    reasons: dict[str, str] = {}

    @property
    def choices(self) -> list[Choice]:
        """The hyperparameters that the training used, with their reasons."""
        values = msgspec.to_builtins(self.hyperparameters)
        return [
            Choice(name, value, self.reasons.get(name, ""))
            for name, value in values.items()
            if name in self.reasons or not self.reasons
        ]
