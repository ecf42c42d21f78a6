"""A training job that ran to its end, for the tests of this folder."""

from typing import Final, NamedTuple

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.pipeline.training_job import TrainingJob, TrainingProcess

DROPOUT: Final = {**LEARNABLE, "lora_dropout": 0.1}
"""Hyperparameters of the job. With dropout, a resumed job logs the same losses only if the random
state is restored too."""


class FinishedJob(NamedTuple):
    """The job's folders, and its process with the log."""

    job: TrainingJob
    process: TrainingProcess
