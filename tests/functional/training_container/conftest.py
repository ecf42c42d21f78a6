"""One tiny model and one finished training job, shared by every test of the container programs."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.builders.tiny_model import LEARNABLE, make_tiny_model
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob, TrainingProcess

DROPOUT = {**LEARNABLE, "lora_dropout": 0.1}
"""With dropout, a resumed job only repeats itself if the random state is restored too."""


class FinishedJob(NamedTuple):
    """A job that ran to its end."""

    job: TrainingJob
    process: TrainingProcess


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "model"
    make_tiny_model(directory)
    return directory


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> FinishedJob:
    job = TrainingJob(tmp_path_factory.mktemp("finished"), tiny_model)
    job.give(DROPOUT, train=make_rows(160), validation=make_rows(40, first_row=161))
    process = job.run()
    assert process.process.returncode == 0, process.text
    return FinishedJob(job, process)


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> TrainingJob:
    return TrainingJob(tmp_path / "ml", tiny_model)
