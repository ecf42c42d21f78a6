"""The contenders of the training benchmark, which train the same adapter in different ways."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import TrainerCallback, TrainerControl
from trl import SFTConfig, SFTTrainer

from container_folders import ContainerFolders
from tunedrop.jobs.choosing import Chosen
from tunedrop.jobs.training_job import training_config
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.schema import Recipe
from tuning.base_model import LoadedModel, load_base_model
from tuning.channels import load_channel
from tuning.chat_tokenizer import ChatTokenizer
from tuning.checkpoints import train_from
from tuning.configuration import TrainingConfig
from tuning.objectives.sft import ROWS, fit_rows, make_trainer
from tuning.row_fitting import IGNORED
from tuning.speed.precision import measure_precision

STEP_LIMIT = 40.0
"""Seconds. A contender with a slower step is stopped: two steps are enough to show it."""

SAME = Hyperparameters(
    epochs=1.0,
    learning_rate=1e-3,
    lora_rank=16,
    lora_alpha=32,
    lora_dropout=0.0,
    batch_size=8,
    gradient_accumulation_steps=1,
    max_length=256,
    warmup_fraction=0.03,
    scheduler="cosine",
    weight_decay=0.0,
    evaluations_per_epoch=1,
    beta=0.1,
    seed=17,
)
"""Those of every contender."""

WRITTEN = training_config(
    "benchmark", Recipe(base_model="base"), "classification", Chosen(SAME, [])
)
CONFIG = TrainingConfig.from_json(msgspec.json.decode(msgspec.json.encode(WRITTEN)))
CHOSEN = CONFIG.hyperparameters

Rows = list[dict[str, Any]]


class StepClock(TrainerCallback):
    """Measures the time of each step, and stops a contender that is too slow."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.stopped = False
        self._began = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: TrainerControl, **_: Any) -> None:  # noqa: ARG002
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self._began)
        if len(self.seconds) > 1 and self.seconds[-1] > STEP_LIMIT:
            control.should_training_stop = self.stopped = True


def train(name: str, model: Path, rows: Rows, held_out: Rows, folder: Path) -> dict[str, Any]:
    """Train as the contender of this name does; return its figures."""
    channels = ContainerFolders(folder)
    _write_channel(channels, "train", rows)
    _write_channel(channels, "validation", held_out)
    precision = measure_precision(model)
    dtype = precision.dtype if name in ("tunedrop", "trl_best") else torch.float32
    base = load_base_model(model, CONFIG, dtype)
    chat = ChatTokenizer(base.tokenizer)
    fitted = {name: _fitted(channels, name, chat, folder) for name in ("train", "validation")}
    clock = StepClock()
    if name == "tunedrop":
        trainer: SFTTrainer = make_trainer(
            base,
            train=fitted["train"],
            validation=fitted["validation"].select(range(8)),
            chosen=CHOSEN,
            checkpoints=folder / "checkpoints",
        )
        trainer.add_callback(clock)
        train_from(trainer, None)
    else:
        trainer = trl_trainer(name, base, model, fitted["train"], folder)
        trainer.add_callback(clock)
        trainer.train()
    tokens = sum(map(len, fitted["train"]["input_ids"])) / len(rows) * CHOSEN.batch_size
    return {
        "tokens_per_second": round(tokens / (sum(clock.seconds[1:]) / len(clock.seconds[1:])), 2),
        "held_out_loss": None
        if clock.stopped
        else round(held_out_loss(trainer.model, fitted["validation"]), 4),
        "steps": len(clock.seconds),
        "precision": "autocast to bfloat16" if name == "trl_defaults" else str(dtype),
    }


def _write_channel(channels: ContainerFolders, name: str, rows: Rows) -> None:
    channels.channel(name).mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (channels.channel(name) / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def _fitted(channels: ContainerFolders, channel: str, chat: ChatTokenizer, folder: Path) -> Dataset:
    rows = load_channel(channels, channel, ROWS, scratch=folder / channel)
    return fit_rows(rows, chat, max_length=CHOSEN.max_length, channel=channel).rows


def trl_options(name: str, base: LoadedModel) -> dict[str, Any]:
    """Return the options in which this contender differs from TRL's defaults."""
    if name == "trl_best":
        return {
            "bf16": base.weights.dtype == torch.bfloat16,
            "activation_checkpointing": False,
            "padding_free": True,
            "max_length": None,
        }
    return {"bf16": False} if name == "trl_float32" else {}


def trl_trainer(
    name: str, base: LoadedModel, model: Path, rows: Dataset, folder: Path
) -> SFTTrainer:
    """Make an SFTTrainer as its documentation shows it, or with its fastest options."""
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    plain = AutoModelForCausalLM.from_pretrained(model, dtype=base.weights.dtype)
    return SFTTrainer(
        model=plain,
        args=SFTConfig(
            output_dir=str(folder / "trl"),
            num_train_epochs=CHOSEN.epochs,
            per_device_train_batch_size=CHOSEN.batch_size,
            learning_rate=CHOSEN.learning_rate,
            lr_scheduler_type="cosine",
            seed=CHOSEN.seed,
            use_cpu=not torch.cuda.is_available(),
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **trl_options(name, base),
        ),
        train_dataset=rows,
        processing_class=base.tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            target_modules="all-linear",
            r=CHOSEN.lora_rank,
            lora_alpha=CHOSEN.lora_alpha,
            lora_dropout=CHOSEN.lora_dropout,
        ),
    )


@torch.no_grad()
def held_out_loss(model: Any, rows: Dataset) -> float:
    """Return the mean loss of the answers' tokens, computed the same for every contender."""
    from tuning.speed.shared_beginnings import SegmentCollator  # noqa: PLC0415

    collator = SegmentCollator(share=False)
    model.eval()
    total, count = 0.0, 0
    for row in rows:
        inputs = collator([row])
        labels = inputs.pop("labels")[0, 1:]
        del inputs["saved_tokens"]
        logits = model(**inputs, use_cache=False).logits[0, :-1].float()
        learnt = labels != IGNORED
        total += torch.nn.functional.cross_entropy(
            logits[learnt], labels[learnt], reduction="sum"
        ).item()
        count += int(learnt.sum())
    return total / count
