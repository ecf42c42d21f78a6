"""The likelihoods that a job records are those of its adapter, computed anew from the artifact."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.functional.training_container.finished_job import FinishedJob
from tests.support.builders.fitted_rows import fit
from tests.support.builders.tiny_model import make_byte_tokenizer
from tests.support.builders.training_document import training_document
from tests.support.builders.training_rows import make_row, make_rows, make_texts
from tuning.chat_tokenizer import ChatTokenizer
from tuning.configuration import TrainingConfig
from tuning.reference import FILE, MAX_TOKENS, ROWS, Reference, answers_in, chosen_rows

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


def test_a_job_records_base_and_tuned_likelihoods(finished: FinishedJob, tiny_model: Path) -> None:
    # Given the artifact of a finished job
    artifact = finished.job.root / "model"
    recorded = json.loads((artifact / FILE).read_text())

    # When the likelihoods are computed anew by another path
    base: Any = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    again: dict[str, list[list[float]]] = {"base": [], "tuned": []}
    again["base"] = [likelihoods(base, row["ids"]) for row in recorded["rows"]]
    tuned: Any = PeftModel.from_pretrained(base, artifact)
    again["tuned"] = [likelihoods(tuned, row["ids"]) for row in recorded["rows"]]

    # Then they are those of the file
    assert recorded["precision"] == "float32"
    assert [row["row"] for row in recorded["rows"]] == list(range(161, 161 + ROWS))
    for name, expected in again.items():
        for row, values in zip(recorded["rows"], expected, strict=True):
            assert row[name] == pytest.approx(values, abs=1e-4)


def test_recorded_answers_begin_where_the_prompt_ends(
    finished: FinishedJob, tiny_model: Path
) -> None:
    # Given
    recorded = json.loads((finished.job.root / "model" / FILE).read_text())
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)

    # Then the tokens from there on are the answer and its end
    answers = [tokenizer.decode(row["ids"][row["answer_from"] :]) for row in recorded["rows"]]
    assert set(answers) == {"yes<|im_end|>", "no<|im_end|>"}


def likelihoods(model: Any, ids: list[int]) -> list[float]:
    with torch.no_grad():
        ranked = model.eval()(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    return [float(row[token]) for row, token in zip(ranked, ids[1:], strict=True)]


def test_rows_that_are_shortened_or_long_are_not_chosen(tmp_path: Path) -> None:
    # Given rows of which one was shortened and one is long
    chat = ChatTokenizer(make_byte_tokenizer())
    texts = ["a good film", "x" * 500, "a bad hotel", "y" * (MAX_TOKENS + 1)]
    rows = [make_row(number, text, "yes") for number, text in enumerate(texts, start=1)]
    fitted = fit(tmp_path, rows, chat, max_length=2048)

    # When rows are chosen
    chosen = chosen_rows(fitted.rows, {2}, chat)

    # Then
    assert [row["row"] for row in chosen] == [1, 3]


def test_rows_that_the_server_tokenizes_differently_are_not_chosen(tmp_path: Path) -> None:
    # Given a row of single letters, and a tokenizer that writes one of its words as one token
    rows = [make_row(1, "a good film", "yes"), make_row(2, "a bad hotel", "no")]
    fitted = fit(tmp_path, rows, ChatTokenizer(make_byte_tokenizer()))
    tokenizer = make_byte_tokenizer()
    tokenizer.add_tokens(["good"])

    # When rows are chosen
    chosen = chosen_rows(fitted.rows, set(), ChatTokenizer(tokenizer))

    # Then
    assert [row["row"] for row in chosen] == [2]


def test_rows_in_a_template_of_training_alone_are_not_chosen(tmp_path: Path) -> None:
    # Given a template that writes an earlier answer without its thoughts, and conversations
    template = files("trl").joinpath("chat_templates", "qwen3.jinja").read_text(encoding="utf-8")
    chat = ChatTokenizer(make_byte_tokenizer(template))
    assert chat.has_training_template
    long = make_row(1, "a good film", "yes")
    long["prompt"] += [*long["completion"], {"role": "user", "content": "really?"}]
    fitted = fit(tmp_path, [long, make_row(2, "a bad hotel", "no")], chat)
    assert [len(answers_in(row["labels"])) for row in fitted.rows] == [2, 1]

    # When rows are chosen
    chosen = chosen_rows(fitted.rows, set(), chat)

    # Then
    assert [row["row"] for row in chosen] == [2]


@pytest.mark.parametrize(
    ("rows", "technique", "method", "recorded"),
    [
        (make_rows(4), "sft", "lora", 4),
        (make_texts(40), "pretraining", "lora", 0),
        (make_rows(4), "sft", "qlora", 0),
    ],
    ids=["conversations", "running text", "four bits"],
)
def test_only_what_the_endpoint_computes_alike_is_recorded(  # noqa: PLR0913, PLR0917  the cases
    tmp_path: Path,
    tiny_model: Path,
    rows: list[dict[str, Any]],
    technique: str,
    method: str,
    recorded: int,
) -> None:
    # Given
    chat = ChatTokenizer(make_byte_tokenizer())
    fitted = fit(tmp_path, rows, chat, technique=technique)
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    document = training_document() | {"technique": technique, "method": method}

    # When
    found = Reference.of(base, fitted, chat, TrainingConfig.from_json(document))

    # Then
    assert len(found.rows) == recorded
