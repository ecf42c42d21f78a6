"""The job that trains a run, be it one training job or a tuning job, and what it trained with."""

from typing import NamedTuple

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.choices import Choice, TrainedWith
from tunedrop.documents.run import Run
from tunedrop.documents.trials import Probe, Trials
from tunedrop.ports.sagemaker import SageMaker, TrainingJob, TuningJob
from tunedrop.runs.repository import Runs

TRAINING_EVENT = "SageMaker Training Job State Change"
TUNING_EVENT = "SageMaker HyperParameter Tuning Job State Change"


def job_of(run: Run, sagemaker: SageMaker) -> TrainingJob | TuningJob | None:
    """Return the run's training or tuning job, or None when there is none."""
    return sagemaker.tuning_job(run.name) if run.tuning else sagemaker.training_job(run.name)


def trials_of(run: Run, sagemaker: SageMaker) -> Trials | None:
    """Return all trials of the run's tuning job, or None when none of them can be deployed.

    The best one is the one with the lowest loss among those that have completed. A job that
    SageMaker stopped early has a loss too, but no artifact.
    """
    trials = sagemaker.trials(run.name)
    losses = {
        each.number: each.loss
        for each in trials
        if each.status == "Completed" and each.loss is not None
    }
    return Trials(min(losses, key=losses.__getitem__), trials) if losses else None


class Trained(NamedTuple):
    """What is known of the training of a run's adapter; `trials` is None if it was not tuned."""

    used: TrainedWith
    trials: Trials | None


def how_trained(run: Run, runs: Runs) -> Trained:
    """Return how the run's adapter was trained, by the run itself or by the one that it reuses."""
    trainer = runs.load(keys.run_folder(run.dataset, run.reuses)).run if run.reuses else run
    trials = runs.document(trainer, keys.TRIALS, Trials) if trainer.tuning else None
    return Trained(_used(runs.document(trainer, keys.TRAINING_CONFIG, TrainedWith), trials), trials)


def _used(written: TrainedWith, trials: Trials | None) -> TrainedWith:
    """Return the hyperparameters of the adapter, with those of the best trial where one was."""
    if trials is None:
        return written
    tuned = trials.winner.values
    values = {**msgspec.to_builtins(written.hyperparameters), **tuned}
    reason = f"the best of {len(trials.trials)} trials"
    return TrainedWith(
        msgspec.convert(values, type(written.hyperparameters), strict=False),
        {**written.reasons, **dict.fromkeys(tuned, reason)},
    )


def with_probe(choices: list[Choice], probe: Probe | None) -> list[Choice]:
    """Return the hyperparameters with the learning rate that the job's own trials decided for."""
    if probe is None or probe.source == "rule":
        return choices
    decided = Choice("learning_rate", probe.learning_rate, probe.reason)
    return [decided if each.name == decided.name else each for each in choices]
