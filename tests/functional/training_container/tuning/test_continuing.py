"""A training starts from the adapter of an earlier job (channel `adapter`)."""

import shutil
from pathlib import Path

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob


def give(job: TrainingJob, **hyperparameters: float) -> None:
    job.give(
        {**LEARNABLE, "epochs": 1.0, **hyperparameters},
        train=make_rows(96),
        validation=make_rows(16, first_row=97),
    )
    job.compute_in("float32")


def next_job(first: TrainingJob, root: Path) -> TrainingJob:
    """Return a job that has the adapter of the first one in its channel."""
    job = TrainingJob(root, first.root / "input/data/model")
    shutil.copytree(first.root / "model", root / "input/data/adapter")
    return job


def test_the_job_goes_on_where_the_earlier_one_ended(job: TrainingJob, tmp_path: Path) -> None:
    # Given a job that has learned something
    give(job)
    assert job.run().process.returncode == 0
    learned = job.summary["best_eval_loss"]

    # When another one starts from its adapter and hardly changes it
    second = next_job(job, tmp_path / "second")
    give(second, learning_rate=1e-7)
    process = second.run()

    # Then its first validation loss is the one that the first job ended with
    assert process.process.returncode == 0, process.text
    assert abs(next(iter(process.validation_losses.values())) - learned) < 0.01 * learned


def test_an_adapter_of_another_rank_is_refused(job: TrainingJob, tmp_path: Path) -> None:
    # Given an adapter, and a job with another rank
    give(job)
    assert job.run().process.returncode == 0
    second = next_job(job, tmp_path / "second")
    give(second, lora_rank=int(LEARNABLE.get("lora_rank", 16)) * 2)

    # When
    process = second.run()

    # Then
    assert process.process.returncode == 1
    assert "name another run in base_model" in (second.failure or "")
