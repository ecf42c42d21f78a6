"""The errors of a training job whose message is written for the person who started the run.

TrainingError
├── ConfigurationError   config/training.json, or an instance that the training cannot use
├── DataError            a channel or a row of it
├── ModelError           the base model's files, tokenizer or chat template
└── DivergenceError      the training itself: a loss is not finite, or zero from the start

A message names the place and the remedy. It becomes the job's FailureReason.
"""


class TrainingError(Exception):
    """Base of the errors whose message is shown to the user."""


class ConfigurationError(TrainingError):
    """The configuration is incomplete or out of range, or the instance cannot train."""


class DataError(TrainingError):
    """A data channel is missing or unreadable, or a row of it cannot be trained on."""


class ModelError(TrainingError):
    """The base model cannot be loaded, or its chat template cannot be trained with."""


class DivergenceError(TrainingError):
    """The loss is NaN or infinite, or exactly zero from the start."""
