"""The compact adapter computes what PEFT computes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from tuning.speed.compact_adapter import compact_adapters

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
LINEAR_LAYERS = 2 * 7
"""Two layers of four attention and three MLP products."""


def adapted(directory: Path, dropout: float, dtype: torch.dtype = torch.float32) -> Any:
    """Return the tiny model with an adapter that changes its answers."""
    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(directory, dtype=dtype)
    chosen = LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", lora_dropout=dropout)
    model = get_peft_model(base, chosen)
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # it is zero at first, and the adapter without effect
            torch.nn.init.normal_(weight, std=0.1)
    return model


def loss_and_gradients(model: Any) -> tuple[float, dict[str, torch.Tensor]]:
    torch.manual_seed(4)  # the same dropout
    ids = torch.randint(3, 259, (2, 30))
    model.train()
    model.zero_grad()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_compact_adapter_has_the_loss_and_gradients_of_peft(
    tiny_model: Path, dropout: float
) -> None:
    # Given an adapted model, with and without dropout
    model = adapted(tiny_model, dropout)
    loss, gradients = loss_and_gradients(model)

    # When its layers use the compact forward
    replaced = compact_adapters(model)
    compact_loss, compact_gradients = loss_and_gradients(model)

    # Then every layer uses it, and loss and gradients stay the same
    assert replaced == LINEAR_LAYERS
    assert compact_loss == pytest.approx(loss, rel=1e-5)
    assert compact_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(compact_gradients[name], gradient, rtol=1e-3, atol=1e-5)


def test_model_in_bfloat16_keeps_the_forward_of_peft(tiny_model: Path) -> None:
    assert compact_adapters(adapted(tiny_model, 0.0, torch.bfloat16)) == 0
