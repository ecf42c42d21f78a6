"""Record how likely the tuned model finds some validation rows, to compare the endpoint with.

The evaluation asks the endpoint for the likelihoods of the same rows. Another adapter, another
chat template or another scale gives other likelihoods, while the texts of answers may be the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from datasets import Dataset
from transformers import PreTrainedModel

from tuning.chat_tokenizer import ChatTokenizer
from tuning.configuration import TrainingConfig
from tuning.row_fitting import IGNORED, FittedRows
from tuning.speed import attention_by_segment
from tuning.speed.shared_beginnings import SegmentCollator

VERSION: Final = 1
"""The version of the file."""

FILE: Final = "reference_likelihoods.json"
"""The file's name in the model artifact."""

ROWS: Final = 8
"""The largest number of rows that are recorded. Their likelihoods take about a second."""

MAX_TOKENS: Final = 1024
"""Rows with more tokens are not recorded."""

TECHNIQUES: Final = ("sft",)
"""Techniques whose rows the endpoint is asked about: a prompt and its answer, as a conversation."""

DIGITS: Final = 5
"""Decimal places of a likelihood; rounding in float32 changes the fifth."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows of the validation channel, with the base model's likelihood of each of their tokens."""

    rows: list[dict[str, Any]]
    base: list[list[float]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        base: PreTrainedModel,
        validation: FittedRows,
        chat: ChatTokenizer,
        config: TrainingConfig,
    ) -> "Reference":
        """Choose rows, and compute the base model's likelihoods, before it gets an adapter.

        A row is chosen when the server will have the same tokens: nothing was cut out of it, and
        tokenizing its text as a whole gives its tokens. Rows of other techniques than TECHNIQUES
        are not recorded, and none of a base model in four bits, because the endpoint serves its
        exact weights: those of SmolLM2-135M-Instruct differ by 1.26 a token on average.
        """
        if config.technique not in TECHNIQUES or config.method == "qlora":
            return cls([])
        rows = chosen_rows(validation.rows, set(validation.shortened), chat)
        return cls(rows, [log_likelihoods(base, row["input_ids"]) for row in rows])

    def save(self, tuned: PreTrainedModel, *, precision: str, folder: Path) -> None:
        """Write the file, with the tuned model's likelihoods; none when there is no row."""
        if not self.rows:
            return
        entries = [
            {
                "row": row["row"],
                "ids": row["input_ids"],
                "answer_from": answers_in(row["labels"])[-1],
                "base": _rounded(base),
                "tuned": _rounded(log_likelihoods(tuned, row["input_ids"])),
            }
            for row, base in zip(self.rows, self.base, strict=True)
        ]
        content = {"version": VERSION, "precision": precision, "rows": entries}
        (folder / FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def chosen_rows(rows: Dataset, shortened: set[int], chat: ChatTokenizer) -> list[dict[str, Any]]:
    """Return the first ROWS rows whose tokens the server will have too."""
    found: list[dict[str, Any]] = []
    for row in rows:
        ids = row["input_ids"]
        if len(found) == ROWS:
            break
        if len(ids) > MAX_TOKENS or row["row"] in shortened:
            continue
        if chat.has_training_template and len(answers_in(row["labels"])) > 1:
            continue
        text = str(chat.tokenizer.decode(ids, clean_up_tokenization_spaces=False))
        if chat.ids(text) == ids:
            found.append(row)
    return found


def answers_in(labels: Sequence[int]) -> list[int]:
    """Return the index of the first token of each answer that is trained on."""
    before = [IGNORED, *labels]
    return [at for at, one in enumerate(labels) if one != IGNORED and before[at] == IGNORED]


@torch.no_grad()
def log_likelihoods(model: PreTrainedModel, ids: Sequence[int]) -> list[float]:
    """Return the natural logarithm of the likelihood of each token after the first."""
    model.eval()  # type: ignore[no-untyped-call]  # transformers has no types here
    logits = model(**_inputs(model, ids), use_cache=False).logits[0, :-1]
    ranked = logits.float().log_softmax(-1)
    own = torch.tensor(ids[1:], device=ranked.device)[:, None]
    likelihoods: list[float] = ranked.gather(1, own)[:, 0].tolist()
    return likelihoods


def _inputs(model: PreTrainedModel, ids: Sequence[int]) -> dict[str, torch.Tensor]:
    """Return one row as the model's attention expects it."""
    if model.config._attn_implementation != attention_by_segment.NAME:  # noqa: SLF001
        return {"input_ids": torch.tensor([list(ids)], device=model.device)}
    inputs = SegmentCollator(share=False)([{"input_ids": list(ids), "labels": list(ids)}])
    return {name: inputs[name] for name in inputs if name not in ("labels", "saved_tokens")}


def _rounded(likelihoods: Sequence[float]) -> list[float]:
    return [round(each, DIGITS) for each in likelihoods]
