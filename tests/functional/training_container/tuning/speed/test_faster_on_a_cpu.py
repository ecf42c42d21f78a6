"""Compact loss and attention by segment do not change what is learned.

Both use private names of libraries (TRL's head, transformers' attention), which are pinned.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
import trl.trainer.utils
from transformers import AutoModelForCausalLM

from tuning.speed import attention_by_segment
from tuning.speed.compact_loss import skip_masked_positions
from tuning.speed.shared_beginnings import SegmentCollator

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
LENGTHS = [5, 17, 1, 9]


def load(directory: Path, attention: str = "sdpa") -> Any:
    return AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, attn_implementation=attention
    )


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record how many positions each call of TRL's head computes; restore TRL afterwards."""
    counts: list[int] = []
    function = trl.trainer.utils._ChunkedLogProbFunction
    apply = function.apply
    monkeypatch.setattr(trl.trainer.utils, "_use_triton", trl.trainer.utils._use_triton)

    def counting(hidden: torch.Tensor, *rest: Any) -> Any:
        counts.append(len(hidden))
        return apply(hidden, *rest)

    monkeypatch.setattr(function, "apply", counting)
    return counts


def loss_and_gradient(directory: Path) -> tuple[float, torch.Tensor]:
    """Return the loss of two rows of 24 tokens, four of which are trained on, and a gradient."""
    model = load(directory)
    trl.trainer.utils.add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    ids = torch.arange(48).reshape(2, 24) + 10
    labels = ids.clone()
    labels[:, :20] = -100
    loss = model(input_ids=ids, labels=labels, fused_lm_head=True).loss
    loss.backward()
    return loss.item(), model.model.layers[0].mlp.up_proj.weight.grad


def test_compact_loss_is_equal_and_skips_masked_positions(
    tiny_model: Path, scored: list[int]
) -> None:
    # Given TRL's own loss
    loss, gradient = loss_and_gradient(tiny_model)

    # When masked positions are skipped
    skip_masked_positions()
    compact_loss, compact_gradient = loss_and_gradient(tiny_model)

    # Then the head computes 2 x 4 positions instead of 2 x 23, with the same loss and gradient
    assert scored == [46, 8]
    assert compact_loss == pytest.approx(loss, rel=1e-6)
    torch.testing.assert_close(compact_gradient, gradient)


def test_compact_loss_refuses_another_version_of_trl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(trl.trainer.utils, "_use_triton")

    with pytest.raises(AttributeError, match="use the pinned one"):
        skip_masked_positions()


def test_attention_by_segment_keeps_rows_apart(tiny_model: Path) -> None:
    # Given rows of different lengths
    model = load(tiny_model, attention_by_segment.NAME)
    alone_model = load(tiny_model)
    rows = [torch.randint(3, 259, (length,)) for length in LENGTHS]

    # When they are computed in one batch, and each alone with transformers' attention
    inputs = SegmentCollator(share=False)(
        [{"input_ids": row.tolist(), "labels": row.tolist()} for row in rows]
    )
    del inputs["saved_tokens"], inputs["labels"]
    with torch.no_grad():
        together = model(**inputs, use_cache=False).logits[0].split(LENGTHS)
        alone = [alone_model(row[None]).logits[0] for row in rows]

    # Then the logits are the same
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_attention_by_segment_keeps_a_sliding_window(tiny_model: Path) -> None:
    # Given a layer, and 12 tokens
    model = load(tiny_model)
    attention = model.model.layers[0].self_attn
    query, key, value = (torch.randn(1, 4, 12, 16) for _ in range(3))
    attention.num_key_value_groups = 1

    # When they are attended with a window of 4, and the last 4 by themselves
    windowed, _ = attention_by_segment.attend_by_segment(
        attention, query, key, value, None,
        cu_seq_lens_q=torch.tensor([0, 12]), segment_parents=torch.tensor([-1]), sliding_window=4,
    )  # fmt: skip
    last, _ = attention_by_segment.attend_by_segment(
        attention, query[:, :, -4:], key[:, :, -4:], value[:, :, -4:], None,
        cu_seq_lens_q=torch.tensor([0, 4]), segment_parents=torch.tensor([-1]), sliding_window=4,
    )  # fmt: skip

    # Then the last token has the same result
    torch.testing.assert_close(windowed[:, -1], last[:, -1])
