"""What can go wrong in a training job, in words for the person who started it.

TrainingError
├── ConfigurationError   config/training.json says something that cannot be done
├── DataError            a channel or a row of it
├── ModelError           the base model's files, tokenizer or chat template
└── DivergenceError      the training itself: a loss that is not a number, or none at all

A message names the place and the remedy; it becomes the job's FailureReason.
"""


class TrainingError(Exception):
    """Base of every error whose message is meant to be read by the user."""


class ConfigurationError(TrainingError):
    """The configuration has an unknown key, a wrong type or a value out of range."""


class DataError(TrainingError):
    """A data channel is missing or unreadable, or a row of it cannot be trained on."""


class ModelError(TrainingError):
    """The base model cannot be loaded, or its chat template cannot be trained with."""


class DivergenceError(TrainingError):
    """The loss is NaN, infinite or exactly zero from the start."""
