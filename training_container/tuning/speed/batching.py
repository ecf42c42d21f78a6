"""Decide how the rows of a batch are laid out, and in which order the rows come."""

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from tuning.configuration import Hyperparameters
from tuning.row_fitting import IGNORED
from tuning.speed import attention_by_segment
from tuning.speed.batch_order import WORTH_GATHERING, GatheredOrder, ranks, saved_parts
from tuning.speed.shared_beginnings import WORTH_SHARING, Row, SegmentCollator, as_row, lay_out

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 3e-2}
"""The relative difference between two losses that rounding explains, by number type."""


class Batching(NamedTuple):
    """The collator and the order for the trainer; None stands for TRL's own."""

    collator: SegmentCollator | None
    order: GatheredOrder | None
    figures: dict[str, Any]
    """For the log: whether beginnings are shared, and the share of the tokens that this saves."""


def plan_batching(model: PreTrainedModel, train: Dataset, chosen: Hyperparameters) -> Batching:
    """Plan to share the beginnings of rows if the model then computes the same loss.

    Only the attention for CPUs knows segments. On a GPU the batches are TRL's.
    """
    if model.config._attn_implementation != attention_by_segment.NAME:  # noqa: SLF001
        return Batching(None, None, {"shared_beginnings": False})
    rows = [as_row(*both) for both in zip(train["input_ids"], train["labels"], strict=True)]
    pair = most_alike(rows)
    share = pair is not None and shares_exactly(model, pair)
    if not share:
        return Batching(SegmentCollator(share=False), None, {"shared_beginnings": False})
    random, gathered = saved_parts(rows, batch_size=chosen.batch_size, seed=chosen.seed)
    gather = gathered - random >= WORTH_GATHERING
    figures = {
        "shared_beginnings": True,
        "saved_part_of_tokens": round(gathered if gather else random, 3),
        "gathered": gather,
    }
    order = GatheredOrder(rows, batch_size=chosen.batch_size, seed=chosen.seed) if gather else None
    return Batching(SegmentCollator(share=True), order, figures)


def most_alike(rows: list[Row]) -> tuple[Row, Row] | None:
    """Return the two rows that share most tokens, or None when none share WORTH_SHARING tokens."""
    rank = ranks(rows)
    ordered = sorted(range(len(rows)), key=lambda at: rank[at])
    pairs = [(rows[one], rows[other]) for one, other in pairwise(ordered)]
    saved = [sum(len(row.ids) for row in pair) - len(lay_out(pair).ids) for pair in pairs]
    most = max(range(len(pairs)), key=lambda at: saved[at], default=None)
    return pairs[most] if most is not None and saved[most] >= WORTH_SHARING else None


def shares_exactly(model: PreTrainedModel, pair: tuple[Row, Row]) -> bool:
    """Return whether two rows have the same loss with their beginning shared as each has alone.

    They do not when a layer reads earlier tokens in another way than by attention.
    """
    shared = _loss(model, list(pair), share=True)
    alone = sum(_loss(model, [row], share=False) for row in pair)
    return abs(shared - alone) <= TOLERANCE[model.dtype] * abs(alone)


@torch.no_grad()
def _loss(model: PreTrainedModel, rows: list[Row], *, share: bool) -> float:
    """Return the summed loss of rows in one batch."""
    examples = [{"input_ids": row.ids, "labels": row.labels} for row in rows]
    inputs = SegmentCollator(share=share)(examples)
    labels = inputs.pop("labels")[0, 1:]
    del inputs["saved_tokens"]
    model.eval()  # type: ignore[no-untyped-call]  # transformers has no types here
    logits = model(**inputs, use_cache=False).logits[0, :-1]
    learnt = labels != IGNORED
    return float(cross_entropy(logits[learnt].float(), labels[learnt], reduction="sum"))
