"""One trial of the benchmark of hyperparameters: train with Tunedrop's program, then judge.

The program sees the training rows and a few validation rows. The held-out rows are looked at only
afterwards, by the adapter that it leaves: their loss is the mean over the tokens of the answers.
"""

import contextlib
import io
import json
import os
import runpy
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "training_container")]

# isort: off
import library_environment  # noqa: E402, F401  sets the number of threads before torch is imported

# isort: on
import msgspec  # noqa: E402
import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from container_folders import ContainerFolders  # noqa: E402
from serving.decoding import Conversation, Sampler, answer  # noqa: E402
from tunedrop.documents.dataset import Task  # noqa: E402
from tunedrop.evaluation.scoring.labels import label_reader  # noqa: E402
from tunedrop.evaluation.scoring.overlap import rouge_l  # noqa: E402
from tunedrop.jobs.choosing import Chosen  # noqa: E402
from tunedrop.jobs.training_job import training_config  # noqa: E402
from tunedrop.recipe.hyperparameters import Hyperparameters  # noqa: E402
from tunedrop.recipe.schema import Recipe  # noqa: E402
from tuning.channels import load_channel  # noqa: E402
from tuning.chat_tokenizer import ChatTokenizer  # noqa: E402
from tuning.objectives.sft import ROWS, fit_rows  # noqa: E402
from tuning.row_fitting import IGNORED  # noqa: E402
from tuning.speed import attention_by_segment  # noqa: E402
from tuning.speed.shared_beginnings import SegmentCollator  # noqa: E402

PROGRAM = ROOT / "training_container/train.py"
LONGEST_ANSWER = {"classification": 8, "generation": 32}
"""Tokens that are generated for an answer, by task."""

ROWS_AT_ONCE = 16
"""Held-out rows that are judged at once."""


class Trial(NamedTuple):
    """What a trial needs. `splits` has the files of the three splits."""

    hyperparameters: Hyperparameters
    task: Task
    labels: list[str]
    splits: Path
    model: Path


def run_trial(trial: Trial) -> dict[str, Any]:
    """Train and judge in this process; return the figures.

    Returns:
        held_out_loss in nats for a token, score (accuracy, or ROUGE-L of a text, 0 to 1), the
        seconds of both parts, and the tokens of the training rows.
    """
    began = time.monotonic()
    warnings.filterwarnings("ignore", category=FutureWarning)  # of the libraries about each other
    with tempfile.TemporaryDirectory() as path:
        folders = ContainerFolders(Path(path))
        _lay_out(folders, trial)
        os.environ["SAGEMAKER_BASE_DIR"] = path
        with contextlib.redirect_stdout(io.StringIO()) as log:
            status = runpy.run_path(str(PROGRAM))["main"]()
        if status:
            raise RuntimeError(f"the training failed:\n{log.getvalue()[-2_000:]}")
        trained = time.monotonic()
        summary = json.loads((folders.model / "training_summary.json").read_bytes())
        figures = judge(folders, trial)
    return {
        **figures,
        "train_seconds": round(trained - began, 1),
        "judge_seconds": round(time.monotonic() - trained, 1),
        "train_tokens": summary["train_tokens"],
    }


def _lay_out(folders: ContainerFolders, trial: Trial) -> None:
    for channel, split in (("train", "train"), ("validation", "validation"), ("held_out", "test")):
        folders.channel(channel).mkdir(parents=True)
        rows = (trial.splits / f"{split}.jsonl").read_bytes()
        (folders.channel(channel) / f"{channel}.jsonl").write_bytes(rows)
    folders.channel("model").symlink_to(trial.model)
    folders.channel("config").mkdir()
    config = training_config("0" * 12, Recipe(), trial.task, Chosen(trial.hyperparameters, []))
    (folders.channel("config") / "training.json").write_bytes(msgspec.json.encode(config))
    for folder in (folders.model, folders.checkpoints, folders.failure.parent):
        folder.mkdir()


@torch.inference_mode()
def judge(folders: ContainerFolders, trial: Trial) -> dict[str, Any]:
    """Return loss and score of the adapter on the held-out rows, computed in float32."""
    tokenizer = AutoTokenizer.from_pretrained(folders.channel("model"))
    base = AutoModelForCausalLM.from_pretrained(
        folders.channel("model"), dtype=torch.float32, attn_implementation=attention_by_segment.NAME
    )
    model = PeftModel.from_pretrained(base, folders.model).merge_and_unload().eval()
    with tempfile.TemporaryDirectory() as scratch:
        loaded = load_channel(folders, "held_out", ROWS, scratch=Path(scratch))
        rows = fit_rows(
            loaded,
            ChatTokenizer(tokenizer),
            max_length=trial.hyperparameters.max_length,
            channel="held_out",
        ).rows.to_list()
    rows.sort(key=lambda row: len(row["input_ids"]))  # batches then have little padding
    losses = [
        _losses(model, rows[at : at + ROWS_AT_ONCE]) for at in range(0, len(rows), ROWS_AT_ONCE)
    ]
    model.set_attn_implementation("sdpa")  # the other one knows no padding
    answers = _answers(model, tokenizer, rows, LONGEST_ANSWER[trial.task])
    right = [_decode(tokenizer, _learnt(row)) for row in rows]
    return {
        "held_out_loss": round(torch.cat(losses).mean().item(), 5),
        "score": round(score(trial, answers, right), 4),
        "held_out_rows": len(rows),
    }


def score(trial: Trial, answers: list[str], right: list[str]) -> float:
    """Return the accuracy of labels, or the mean ROUGE-L of texts, 0 to 1."""
    if trial.task == "classification":
        read = label_reader(trial.labels)
        same = (read(one) == read(other) for one, other in zip(answers, right, strict=True))
        return statistics.mean(map(float, same))
    return statistics.mean(rouge_l(one, other) for one, other in zip(answers, right, strict=True))


def _losses(model: Any, rows: list[dict[str, Any]]) -> torch.Tensor:
    """Return the loss of each token of the answers; what the prompts share is computed once."""
    inputs = SegmentCollator(share=True)(rows)
    labels = inputs.pop("labels")[0, 1:]
    del inputs["saved_tokens"]
    logits = model(**inputs, use_cache=False).logits[0, :-1]
    learnt = labels != IGNORED
    return torch.nn.functional.cross_entropy(logits[learnt], labels[learnt], reduction="none")


def _answers(model: Any, tokenizer: Any, rows: list[dict[str, Any]], longest: int) -> list[str]:
    """Return the likeliest answer to each row's prompt."""
    listed = model.generation_config.eos_token_id
    ends = {*(listed if isinstance(listed, list) else [listed]), tokenizer.eos_token_id} - {None}
    asked = [
        Conversation(row["input_ids"][: _answer_from(row)], longest, Sampler(0.0, 1.0, 0))
        for row in rows
    ]
    for at in range(0, len(asked), ROWS_AT_ONCE):
        batch = asked[at : at + ROWS_AT_ONCE]
        answer(model, tokenizer, batch, end_ids=ends, cancelled=lambda: False)
    return [each.text for each in asked]


def _answer_from(row: dict[str, Any]) -> int:
    return next(at for at, label in enumerate(row["labels"]) if label != IGNORED)


def _learnt(row: dict[str, Any]) -> list[int]:
    return [label for label in row["labels"] if label != IGNORED]


def _decode(tokenizer: Any, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=True))
