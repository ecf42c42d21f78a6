"""A full fine-tuning trains all weights and leaves them as a model of its own."""

import shutil
import signal

import torch
from transformers import AutoModelForCausalLM

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_rows import make_pairs, make_rows
from tests.support.pipeline.training_job import TrainingJob

SETTINGS = {**LEARNABLE, "learning_rate": 1e-3}


def test_job_trains_all_weights_and_resumes(job: TrainingJob) -> None:
    # Given a full fine-tuning that was killed after step 12
    job.give(
        {**SETTINGS, "epochs": 2.0},
        train=make_rows(96),
        validation=make_rows(16, first_row=97),
        method="full",
    )
    job.compute_in("float32")
    first = job.start()
    first.wait_for_step(14)
    first.process.send_signal(signal.SIGKILL)
    first.wait()

    # When it is started again
    second = job.run()
    assert second.process.returncode == 0, second.text

    # Then it resumes, learns, and leaves a model without an adapter
    assert [line for line in second.lines if line.get("event") == "resumed"]
    assert job.summary["best_eval_loss"] < first.validation_losses[3] / 2
    assert {"model.safetensors", "config.json", "chat_template.jinja"} <= job.artifact
    assert (job.root / "model/template/chat_template.jinja").is_file()
    assert "adapter_config.json" not in job.artifact
    before = AutoModelForCausalLM.from_pretrained(job.root / "input/data/model")
    after = AutoModelForCausalLM.from_pretrained(job.root / "model")
    changed = [
        name
        for name, weight in after.state_dict().items()
        if not torch.equal(weight.float(), before.state_dict()[name].float())
    ]
    assert len(changed) == len(after.state_dict())


def test_preferences_are_learnt_with_all_weights(job: TrainingJob) -> None:
    # Given pairs, and the base model as the reference
    job.give(
        {**SETTINGS, "epochs": 1.0},
        train=make_pairs(48),
        validation=make_pairs(16, first_row=49),
        task="preference",
        method="full",
    )

    # When the job has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then the better answers became likelier than the reference makes them
    assert job.summary["eval_reward_margin"] > 0
    shutil.rmtree(job.root / "checkpoints")
