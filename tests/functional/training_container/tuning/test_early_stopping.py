"""A training that has stopped to improve ends, and its best checkpoint is kept."""

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob
from tuning.early_stopping import EarlyStopping


@pytest.mark.parametrize(
    ("losses", "stops"),
    [
        ([2.0, 1.0, 1.1, 1.2], True),
        ([2.0, 1.0, 1.1], False),
        ([1.0, 1.1, 0.9, 1.0], False),
        ([1.0, 1.0, 1.0], True),
        ([1.0], False),
    ],
)
def test_two_evaluations_without_a_lower_loss_stop_it(losses: list[float], *, stops: bool) -> None:
    # Given the history of a training, also of one that was resumed
    history = [{"eval_loss": loss, "step": float(at)} for at, loss in enumerate(losses)]
    state, control = TrainerState(log_history=history), TrainerControl()

    # When its last evaluation has ended
    EarlyStopping(2).on_evaluate(TrainingArguments(use_cpu=True), state, control)

    # Then
    assert control.should_training_stop is stops


def test_job_ends_early_with_the_best_checkpoint(job: TrainingJob) -> None:
    # Given validation rows with the opposite answers, so that the validation loss rises
    opposite = make_rows(40, first_row=161)
    for row in opposite:
        answer = row["completion"][0]
        answer["content"] = "no" if answer["content"] == "yes" else "yes"
    job.give(LEARNABLE, train=make_rows(160), validation=opposite, patience=2)

    # When the job has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then it ended two evaluations after the best one, which was kept
    validation, summary = process.validation_losses, job.summary
    best = min(validation, key=lambda step: validation[step])
    assert summary["best_step"] == best
    assert [step for step in validation if step > best] == [best + 5, best + 10]
    assert (summary["steps"], summary["planned_steps"]) == (best + 10, 60)
