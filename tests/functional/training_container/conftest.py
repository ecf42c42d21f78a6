"""One tiny model and one finished training job, shared by all tests of the container programs."""

from pathlib import Path

import pytest

from tests.functional.training_container.finished_job import DROPOUT, FinishedJob
from tests.support.builders.tiny_model import make_tiny_model
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "model"
    make_tiny_model(directory)
    return directory


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> FinishedJob:
    job = TrainingJob(tmp_path_factory.mktemp("finished"), tiny_model, warm=False)
    job.give(DROPOUT, train=make_rows(160), validation=make_rows(40, first_row=161))
    job.compute_in("float32")
    process = job.run()
    assert process.process.returncode == 0, process.text
    return FinishedJob(job, process)


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> TrainingJob:
    return TrainingJob(tmp_path / "ml", tiny_model)
