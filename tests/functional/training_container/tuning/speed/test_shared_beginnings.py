"""Sharing the beginnings of rows changes neither the loss nor the gradients."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.support.builders.tiny_model import CHATML, make_byte_tokenizer
from tests.support.builders.training_document import training_document
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.configuration import TrainingConfig
from tuning.row_fitting import IGNORED, labels_of
from tuning.speed.attention_by_segment import NAME
from tuning.speed.batching import plan_batching, shares_exactly
from tuning.speed.shared_beginnings import Row, SegmentCollator, as_row, lay_out

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")

LLAMA_2 = (
    "{% for m in messages %}"
    "{% if m['role'] == 'assistant' %}{{ ' ' + m['content'] + ' <|im_end|>' }}"
    "{% elif m['role'] == 'system' %}{{ '<<SYS>>' + m['content'] + '<</SYS>>' }}"
    "{% else %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% endif %}{% endfor %}"
)
PHI = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
SYSTEM = "Classify the text into exactly one of these labels: red, green, blue."
TEXTS = ["a", "the sky at noon", "grass", "a rose and then some more of it", "blood"]


def chat_rows(template: str, systems: list[str]) -> list[Row]:
    """Return tokenized rows that have the system prompts in turn."""
    chat = ChatTokenizer(make_byte_tokenizer(template))
    rows = []
    for number, text in enumerate(TEXTS):
        system = {"role": "system", "content": systems[number % len(systems)]}
        prompt: Any = [system, {"role": "user", "content": text}]
        row = chat.tokenize(prompt, [{"role": "assistant", "content": "red"}])
        rows.append(as_row(row.input_ids, labels_of(row)))
    return rows


def load(directory: Path, **changes: Any) -> Any:
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, attn_implementation=NAME, **changes
    )


def loss_and_gradients(model: Any, rows: list[Row], *, share: bool) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    examples = [{"input_ids": row.ids, "labels": row.labels} for row in rows]
    inputs = SegmentCollator(share=share)(examples)
    del inputs["saved_tokens"]
    loss = model(**inputs, use_cache=False).loss
    loss.backward()
    return loss.item(), torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("template", [CHATML, LLAMA_2, PHI])
@pytest.mark.parametrize("systems", [[SYSTEM], [SYSTEM, SYSTEM[:40] + "!", "Say it. " * 4]])
def test_sharing_keeps_loss_and_gradients(
    tiny_model: Path, template: str, systems: list[str]
) -> None:
    # Given rows that share a system prompt, or a part of it, in this template
    rows = chat_rows(template, systems)
    assert len(lay_out(rows).ids) < sum(len(row.ids) for row in rows)
    model = load(tiny_model)

    # When the loss is computed with every row alone, and with shared beginnings
    loss, gradients = loss_and_gradients(model, rows, share=False)
    shared_loss, shared_gradients = loss_and_gradients(model, rows, share=True)

    # Then both agree within rounding
    assert shared_loss == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(shared_gradients, gradients, rtol=1e-3, atol=1e-5)


def test_sharing_keeps_the_loss_of_rows_that_share_nothing(tiny_model: Path) -> None:
    # Given rows that begin with different tokens
    rows = [Row([n + 3] * 20, [IGNORED] * 15 + [n + 3] * 5, 14) for n in range(4)]
    model = load(tiny_model)

    # When the loss is computed in both ways
    loss, _ = loss_and_gradients(model, rows, share=False)
    shared_loss, _ = loss_and_gradients(model, rows, share=True)

    # Then it is the same
    assert shared_loss == pytest.approx(loss, rel=1e-6)


def test_sharing_keeps_the_loss_with_a_sliding_window(tmp_path: Path, tiny_model: Path) -> None:
    # Given a Mistral whose window is shorter than a row
    from transformers import MistralConfig, MistralForCausalLM  # noqa: PLC0415

    source = load(tiny_model)
    config = MistralConfig(**{**source.config.to_dict(), "sliding_window": 24})
    torch.manual_seed(2)
    MistralForCausalLM(config).save_pretrained(tmp_path)
    rows = chat_rows(CHATML, [SYSTEM])
    model = load(tmp_path)

    # When the loss is computed with every row alone, and with shared beginnings
    loss, gradients = loss_and_gradients(model, rows, share=False)
    shared_loss, shared_gradients = loss_and_gradients(model, rows, share=True)

    # Then both agree within rounding
    assert shared_loss == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(shared_gradients, gradients, rtol=1e-3, atol=1e-5)


def test_model_that_ignores_segments_does_not_share(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a model whose layers do not see which segment continues which
    model = load(tiny_model)
    forward = model.forward

    def without_parents(**inputs: Any) -> Any:
        inputs["segment_parents"] = torch.full_like(inputs["segment_parents"], -1)
        return forward(**inputs)

    rows = chat_rows(CHATML, [SYSTEM])
    assert shares_exactly(model, (rows[1], rows[3]))
    monkeypatch.setattr(model, "forward", without_parents)

    # When its losses are compared, then they differ
    assert not shares_exactly(model, (rows[1], rows[3]))


def test_attention_of_a_gpu_keeps_the_batches_of_trl(tiny_model: Path) -> None:
    # Given a model with the attention that is used on a GPU
    model = AutoModelForCausalLM.from_pretrained(tiny_model, attn_implementation="sdpa")

    # When its batches are planned
    chosen = TrainingConfig.from_json(training_document()).hyperparameters
    batching = plan_batching(model, None, chosen)

    # Then nothing replaces TRL's collator and order
    assert batching.collator is None
    assert batching.order is None


def mixed_instructions(count: int, first: int) -> list[dict[str, Any]]:
    """Return rows that have one of four system prompts in turn."""
    made = make_rows(count, first_row=first)
    for number, row in enumerate(made):
        system = {"role": "system", "content": f"{number % 4} instructs. " * 4}
        row["prompt"] = [system, *row["prompt"]]
    return made


def test_resumed_job_has_the_same_gathered_batches(tmp_path: Path, tiny_model: Path) -> None:
    # Given rows of four instructions, which are worth gathering into batches
    chosen = {"epochs": 2.0, "learning_rate": 1e-3, "max_length": 512, "lora_dropout": 0.1}
    jobs = [TrainingJob(tmp_path / name, tiny_model) for name in ("whole", "killed")]
    for job in jobs:
        validation = mixed_instructions(16, 121)
        job.give(chosen, train=mixed_instructions(120, 1), validation=validation)
        job.compute_in("float32")
    whole, killed = jobs[0].run(), jobs[1].start()
    assert whole.process.returncode == 0, whole.text
    figures = next(line for line in whole.lines if line.get("event") == "batches")
    assert figures["gathered"]

    # When a job is killed after its first checkpoint and started again
    killed.wait_for_step(6)
    killed.process.kill()
    killed.wait()
    resumed = jobs[1].run()

    # Then it logs the losses of the job that was never killed
    assert resumed.process.returncode == 0, resumed.text
    began = next(line["step"] for line in resumed.lines if line.get("event") == "resumed")
    assert resumed.losses == {step: v for step, v in whole.losses.items() if step > began}


def test_both_number_types_begin_with_the_same_loss(tmp_path: Path, tiny_model: Path) -> None:
    # Given two jobs that began in float32 and in bfloat16
    jobs = {}
    for name in ("float32", "bfloat16"):
        job = jobs[name] = TrainingJob(tmp_path / name, tiny_model)
        chosen = {"epochs": 1.0, "lora_dropout": 0.0, "max_length": 512}
        job.give(chosen, train=make_rows(16), validation=make_rows(8, first_row=17))
        job.compute_in(name)

    # When they run
    processes = {name: job.start() for name, job in jobs.items()}
    for process in processes.values():
        assert process.wait() == 0, process.text

    # Then each trains in its type, logs it, and begins with the same loss within rounding
    for name, process in processes.items():
        told = next(line for line in process.lines if line.get("event") == "precision")
        assert told["precision"] == name == jobs[name].summary["precision"]
        assert told["threads"] == 1
    single, half = (process.losses[1] for process in processes.values())
    assert half != single
    assert half == pytest.approx(single, rel=0.02)
