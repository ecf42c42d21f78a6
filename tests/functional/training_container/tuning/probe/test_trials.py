"""A job tries learning rates first, and then trains as it would have without."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.functional.training_container.finished_job import DROPOUT, FinishedJob
from tests.support.builders.training_document import training_document
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob, TrainingProcess
from tuning.checkpoints import REQUIRED, WEIGHTS
from tuning.configuration import TrainingConfig
from tuning.probe.trials import Probe

RATE = float(DROPOUT["learning_rate"])


def give(job: TrainingJob, rates: list[float], least_seconds: float = 0.0) -> None:
    """Give a job the rows of the finished job, and rates to try in as much time as it takes."""
    probe = {"rates": rates, "share": 1e3, "least_seconds": least_seconds, "reason": "a test"}
    job.give(
        {**DROPOUT, "learning_rate": rates[0]},
        train=make_rows(160),
        validation=make_rows(40, first_row=161),
        probe=probe,
    )
    job.compute_in("float32")


def trains_as(job: TrainingJob, process: TrainingProcess, finished: FinishedJob) -> bool:
    """Return whether a job left the losses and the weights of the finished one."""
    same = process.losses == finished.process.losses
    weights = [each.root / "model/adapter_model.safetensors" for each in (job, finished.job)]
    return same and weights[0].read_bytes() == weights[1].read_bytes()


def events(process: TrainingProcess, name: str) -> list[dict[str, Any]]:
    return [line for line in process.lines if line.get("event") == name]


def test_one_rate_trains_as_no_trial_does(job: TrainingJob, finished: FinishedJob) -> None:
    # Given
    give(job, [RATE])

    # When
    process = job.run()

    # Then
    assert process.process.returncode == 0, process.text
    assert len(events(process, "probe")) == 1
    assert trains_as(job, process, finished)
    assert "second time" not in process.text, "PEFT found an adapter in the base model"


def test_the_best_of_three_rates_is_trained_with(job: TrainingJob, finished: FinishedJob) -> None:
    # Given a rule whose rate hardly changes the adapter, and one of the others that is good
    give(job, [1e-6, RATE, 1e-5])

    # When
    process = job.run()

    # Then the training is that of the good rate
    assert process.process.returncode == 0, process.text
    assert trains_as(job, process, finished)

    # And the summary has the trials, while the log's metrics are those of the training alone
    probe = job.summary["probe"]
    assert (probe["learning_rate"], probe["source"]) == (RATE, "probe")
    assert probe["trials"]["best"] == 2
    losses = [trial["loss"] for trial in probe["trials"]["trials"]]
    assert losses[1] < 0.9 * losses[0]
    assert process.validation_losses == finished.process.validation_losses
    assert process.text.count('"loss": ') == finished.process.text.count('"loss": ')
    assert process.text.count('"eval_loss": ') == finished.process.text.count('"eval_loss": ')


def test_trials_that_are_ended_leave_no_trace(job: TrainingJob, finished: FinishedJob) -> None:
    # Given a training that is too short for trials, as the first steps show
    give(job, [RATE, 1e-6], least_seconds=1e9)

    # When
    process = job.run()

    # Then
    assert process.process.returncode == 0, process.text
    assert trains_as(job, process, finished)
    assert job.summary["probe"]["source"] == "rule"
    assert "the training takes about" in job.summary["probe"]["reason"]
    assert job.summary["probe"]["trials"] is None


def test_a_job_that_goes_on_tries_nothing_again(job: TrainingJob, finished: FinishedJob) -> None:
    # Given a job that was killed at its first step, after its trials
    give(job, [1e-6, RATE])
    first = job.start()
    first.wait_for_step(1)
    first.process.send_signal(signal.SIGKILL)
    first.wait()
    assert len(events(first, "probe")) == 2

    # When it is started again
    second = job.run()

    # Then it trains with the rate of the first trials
    assert second.process.returncode == 0, second.text
    assert events(second, "probe") == []
    assert job.summary["probe"]["trials"]["best"] == 2
    weights = [each.root / "model/adapter_model.safetensors" for each in (job, finished.job)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_trials_start_from_the_adapter_of_an_earlier_run(
    job: TrainingJob, finished: FinishedJob
) -> None:
    # Given a job that starts from what the finished job has learnt, and hardly changes it
    give(job, [1e-7])
    shutil.copytree(finished.job.root / "model", job.root / "input/data/adapter")

    # When
    process = job.run()

    # Then its trial has the loss of that adapter
    assert process.process.returncode == 0, process.text
    (trial,) = job.summary["probe"]["trials"]["trials"]
    learned = finished.job.summary["best_eval_loss"]
    assert abs(trial["loss"] - learned) < 0.01 * learned


def probe_of(**probe: Any) -> Probe:
    """Return a probe that cannot train: it has no model and no rows."""
    settings = {"rates": [1e-3, 4e-4], "share": 0.1, "least_seconds": 0.0, "reason": "off"}
    document = training_document(learning_rate=1e-3) | {"probe": settings | probe}
    config = TrainingConfig.from_json(document)
    nothing: Any = [None] * 100
    return Probe(nothing, nothing, nothing, nothing, config, print)


def test_without_rates_the_rule_decides(tmp_path: Path) -> None:
    outcome = probe_of(rates=[]).settle(tmp_path)

    assert (outcome.learning_rate, outcome.source, outcome.reason) == (1e-3, "rule", "off")


def test_a_short_training_has_no_trials(tmp_path: Path) -> None:
    assert probe_of().settle(tmp_path).reason == ("10% of the training is too short to try 2 rates")


def test_a_job_with_a_checkpoint_has_no_trials(tmp_path: Path) -> None:
    # Given the checkpoint of a job that began without trials
    (tmp_path / "checkpoint-5").mkdir()
    for name in (*REQUIRED, WEIGHTS[0]):
        (tmp_path / "checkpoint-5" / name).touch()

    # When
    outcome = probe_of().settle(tmp_path)

    # Then
    assert (outcome.source, outcome.reason) == ("rule", "the job began without trials")


def test_half_a_file_of_a_killed_job_is_not_used(tmp_path: Path) -> None:
    # Given
    (tmp_path / "probe.json").write_text('{"learning_rate": 0.5, "sou')

    # Then
    assert probe_of(rates=[]).settle(tmp_path).learning_rate == 1e-3


PROCESS = """
import json, sys
from torch import distributed
from tuning.probe.processes import agreed, is_first_process
rank = int(sys.argv[2])
distributed.init_process_group("gloo", f"file://{sys.argv[1]}", rank=rank, world_size=2)
print(json.dumps([agreed([0.1, "a"] if rank == 0 else [0.2, "b"]), is_first_process()]))
distributed.destroy_process_group()
"""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_all_processes_of_a_job_use_the_choice_of_the_first(tmp_path: Path) -> None:
    # Given two processes of a job, each of which has chosen
    container = Path(__file__).parents[5] / "training_container"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path / "meeting"), str(rank)],
            stdout=subprocess.PIPE,
            cwd=container,
        )
        for rank in range(2)
    ]

    # When
    said = [json.loads(process.communicate(timeout=120)[0]) for process in processes]

    # Then
    assert said == [[[0.1, "a"], True], [[0.1, "a"], False]]
