"""train.py as SageMaker runs it: a process that has only its folders."""

import json
import shutil
import signal
from itertools import accumulate
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.functional.training_container.finished_job import DROPOUT, FinishedJob
from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.event_files import restarts, scalars
from tests.support.pipeline.training_job import TrainingJob

WITHOUT_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.fixture
def cold_job(tmp_path: Path, tiny_model: Path) -> TrainingJob:
    """A job that starts Python each time, as a container does."""
    return TrainingJob(tmp_path / "ml", tiny_model, warm=False)


def test_job_learns_and_leaves_an_adapter(finished: FinishedJob) -> None:
    # Given the losses of a finished job
    losses, validation = finished.process.losses, finished.process.validation_losses

    # Then they fell, and the artifact has the adapter and no pickled file
    assert list(losses) == list(range(1, 61))
    assert list(validation) == list(range(5, 61, 5)), "four times in each of three epochs"
    assert min(validation.values()) < validation[5] / 10
    assert finished.job.artifact >= {"adapter_model.safetensors", "adapter_config.json"}
    assert not any(name.endswith((".bin", ".pt", ".pth")) for name in finished.job.artifact)


def test_log_matches_the_metric_definitions(finished: FinishedJob) -> None:
    # Given the log of a finished job
    process = finished.process
    validation = list(process.validation_losses.values())

    # When the regular expressions of the training job's request read it
    metrics = {name: values for name, values in process.metrics.items() if values}

    # Then they find every figure of supervised fine-tuning, and no figure of another metric
    assert all(speed > 0 for speed in metrics["train:tokens_per_second"])
    assert len(metrics.pop("train:tokens_per_second")) == 60
    assert metrics == {
        "train:loss": list(process.losses.values()),
        "validation:loss": validation,
        "validation:best_loss": list(accumulate(validation, min)),
    }


def test_tensorboard_files_have_the_figures_of_the_log(finished: FinishedJob) -> None:
    # Given the event files of a finished job
    folder = finished.job.root / "output" / "tensorboard"

    # When they are read
    found = scalars(folder)

    # Then they have every loss at its step, and nothing is left out by TensorBoard
    assert found["train/loss"] == pytest.approx(finished.process.losses)
    assert found["eval/loss"] == pytest.approx(finished.process.validation_losses)
    assert set(found["train/learning_rate"]) == set(finished.process.losses)
    assert restarts(folder) == []


def test_log_tells_the_time_left_at_every_loss(finished: FinishedJob) -> None:
    # Given the log of a finished job
    lines = [json.loads(line) for line in finished.process.text.splitlines() if '"step"' in line]

    # When the time that is left is read
    left = [line["seconds_left"] for line in lines if "loss" in line or "eval_loss" in line]

    # Then each line tells it, and it ends at zero
    assert len(left) == 60 + 12
    assert left[-1] == 0.0
    assert all(seconds > 0 for seconds in left[:-2])


def test_summary_has_the_figures_of_the_log(finished: FinishedJob) -> None:
    # Given a finished job
    summary, process = finished.job.summary, finished.process

    # Then its summary has the losses of its log, and counts rows and tokens
    best_step = min(process.validation_losses, key=lambda s: process.validation_losses[s])
    assert summary["best_step"] == best_step
    assert summary["best_eval_loss"] == process.validation_losses[best_step]
    assert (summary["first_loss"], summary["last_loss"]) == (process.losses[1], process.losses[60])
    assert (summary["steps"], summary["epochs"], summary["train_rows"]) == (60, 3.0, 160)
    assert 160 * 30 < summary["train_tokens"] < 160 * 40
    assert set(summary["packages"]) >= {"torch", "trl", "peft", "transformers", "datasets"}


def test_killed_job_resumes_with_the_same_losses(
    cold_job: TrainingJob, finished: FinishedJob
) -> None:
    # Given a job that was killed after step 23, and whose last checkpoint is incomplete
    cold_job.give(DROPOUT, train=make_rows(160), validation=make_rows(40, first_row=161))
    cold_job.compute_in("float32")
    first = cold_job.start()
    first.wait_for_step(23)
    first.process.send_signal(signal.SIGKILL)
    first.wait()
    incomplete = cold_job.root / "checkpoints" / "checkpoint-999"
    shutil.copytree(max((cold_job.root / "checkpoints").glob("checkpoint-*")), incomplete)
    (incomplete / "trainer_state.json").unlink()

    # When it is started again
    second = cold_job.run()

    # Then it resumes, and its losses and its adapter are those of a job that was never killed
    assert second.process.returncode == 0, second.text
    resumed = [line["step"] for line in second.lines if line.get("event") == "resumed"]
    assert resumed[0] >= 20
    assert second.losses == {s: v for s, v in finished.process.losses.items() if s > resumed[0]}
    assert cold_job.summary["best_eval_loss"] == finished.job.summary["best_eval_loss"]
    assert cold_job.summary["first_loss"] == finished.job.summary["first_loss"]
    assert adapter_bytes(cold_job.root / "model") == adapter_bytes(finished.job.root / "model")
    assert not incomplete.exists()
    tensorboard = cold_job.root / "output" / "tensorboard"
    assert restarts(tensorboard) == [resumed[0] + 1], "TensorBoard forgets the steps done twice"
    assert scalars(tensorboard)["train/loss"] == pytest.approx(finished.process.losses)


def test_artifact_is_the_best_checkpoint_not_the_last(job: TrainingJob) -> None:
    # Given validation rows with the opposite answers, so that the validation loss rises
    opposite = make_rows(40, first_row=161)
    for row in opposite:
        answer = row["completion"][0]
        answer["content"] = "no" if answer["content"] == "yes" else "yes"
    job.give(LEARNABLE, train=make_rows(160), validation=opposite)

    # When the job has ended
    process = job.run()

    assert process.process.returncode == 0, process.text
    # Then its adapter is that of the checkpoint with the lowest validation loss
    validation, best = process.validation_losses, job.summary["best_step"]
    assert validation[best] == min(validation.values()) < validation[60] / 2
    shipped = load_file(job.root / "model/adapter_model.safetensors")
    kept = load_file(job.root / f"checkpoints/checkpoint-{best}/adapter_model.safetensors")
    assert shipped.keys() == kept.keys()
    assert all(shipped[name].equal(kept[name]) for name in kept)


@pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
def test_merged_weights_answer_as_base_and_adapter_do(job: TrainingJob) -> None:
    # Given a job that is to leave merged weights too
    job.give(
        {**LEARNABLE, "epochs": 1.0},
        train=make_rows(64),
        validation=make_rows(16, first_row=65),
        merge=True,
    )

    # When it has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then both compute the same logits, and others than the base model
    ids = torch.tensor([[3, 17, 42, 99, 128]])
    base = AutoModelForCausalLM.from_pretrained(job.root / "input/data/model", dtype=torch.float32)
    merged = AutoModelForCausalLM.from_pretrained(job.root / "model/merged", dtype=torch.float32)
    with torch.no_grad():
        plain = base(ids).logits
        tuned = PeftModel.from_pretrained(base, job.root / "model")(ids).logits
        assert torch.allclose(merged(ids).logits, tuned, atol=1e-2)
        assert not torch.allclose(plain, tuned, atol=1e-1)
    assert {file.name for file in (job.root / "model/merged").iterdir()} >= {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "chat_template.jinja",
    }


def test_sigterm_ends_a_job_without_an_artifact(cold_job: TrainingJob) -> None:
    # Given a long job in the middle of its training
    long = {**LEARNABLE, "epochs": 100}
    cold_job.give(long, train=make_rows(160), validation=make_rows(40, first_row=161))
    process = cold_job.start()
    process.wait_for_step(8)

    # When SageMaker stops it
    process.process.terminate()
    status = process.wait()

    # Then it fails, and leaves neither artifact nor reason nor scratch files
    assert status == 143, "SageMaker takes 0 for a completed training"
    assert max(process.losses) < 1000, "the job must not have reached its end"
    assert process.lines[-1] == {"event": "stopped", "reason": "SIGTERM"}
    assert cold_job.artifact == set()
    assert cold_job.failure is None
    assert not list(cold_job.root.glob("training-*"))


@pytest.fixture(scope="module")
def failed(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> dict[str, tuple[TrainingJob, int]]:
    """Run four jobs that must fail, side by side; return each with its exit status."""
    jobs = {}
    for name in ("misspelt", "exploding", "endless", "four bits"):
        root, warm = tmp_path_factory.mktemp("failed"), name != "misspelt"
        job = TrainingJob(root, tiny_model, warm=warm)
        job.give(LEARNABLE, train=make_rows(16), validation=make_rows(8))
        jobs[name] = job
    jobs["misspelt"].give({"epoch": 1}, train=make_rows(16), validation=make_rows(8))
    train, validation = make_rows(16), make_rows(8)
    jobs["four bits"].give(LEARNABLE, train=train, validation=validation, method="qlora")
    endless = "{% for message in messages %}{{ message['content'] + '\n' }}{% endfor %}"
    (jobs["endless"].root / "input/data/model/chat_template.jinja").write_text(endless)
    explode(jobs["exploding"].root / "input/data/model/model.safetensors")
    processes = {name: job.start() for name, job in jobs.items()}
    return {name: (jobs[name], process.wait()) for name, process in processes.items()}


def explode(weights: Path) -> None:
    """Change the weights so that the model computes infinite numbers."""
    from safetensors.torch import save_file  # noqa: PLC0415

    tensors = load_file(weights)
    tensors["model.norm.weight"].fill_(float("inf"))
    save_file(tensors, weights, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("misspelt", "hyperparameters: unknown field `epoch` (did you mean `epochs`?)"),
        ("endless", "row 1 of the `train` channel does not end with the base model's end-of-turn"),
        pytest.param("four bits", "qlora needs a GPU with CUDA, and this", marks=WITHOUT_GPU),
        ("exploding", "loss became nan by step 1 of 6: lower hyperparameters.learning_rate"),
    ],
)
def test_failure_is_one_sentence_in_the_failure_file(
    failed: dict[str, tuple[TrainingJob, int]], name: str, reason: str
) -> None:
    # Given a job that failed
    job, status = failed[name]

    # Then its exit status and its failure file say so, and there is no artifact
    assert status == 1
    assert reason in (job.failure or "")
    assert len(job.failure or "") <= 1024
    assert job.artifact == set()


def adapter_bytes(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()
