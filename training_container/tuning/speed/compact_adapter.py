"""Compute a linear layer and its LoRA adapter in fewer passes over memory.

PEFT computes the layer, then the adapter, scales the adapter's output and adds both. On a CPU each
of these passes over a (tokens, features) tensor takes time, and so does its counterpart in the
backward pass. Here the adapter's product is added to the layer's result in place, and the scale is
applied to tensors that are only as wide as the adapter's rank.
"""

import types
from typing import Any, Final

import torch
from peft.tuners.lora import Linear
from torch import nn
from torch.autograd.function import once_differentiable

ADAPTER: Final = "default"
"""The name that PEFT gives to a model's only adapter."""


class _AdaptedLinear(torch.autograd.Function):
    """y = x W' + bias + scale · (d A') B', where d is x after dropout; W and bias are frozen."""

    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917  the tensors of the formula
        ctx: Any,
        inputs: torch.Tensor,
        dropped: torch.Tensor,
        base: nn.Linear,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """Return y of shape (tokens, out).

        Shapes: inputs and dropped (tokens, in), down = A (rank, in), up = B (out, rank).
        """
        outputs = nn.functional.linear(inputs, base.weight, base.bias)
        narrow = dropped @ down.t()
        ctx.save_for_backward(dropped, narrow, base.weight, down, up)
        ctx.scale = scale
        ctx.without_dropout = dropped is inputs
        return outputs.addmm_(narrow, up.t(), alpha=scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of inputs, dropped, down and up; the others are None."""
        dropped, narrow, weight, down, up = ctx.saved_tensors
        narrow_gradient = (gradient @ up).mul_(ctx.scale)
        down_gradient = narrow_gradient.t() @ dropped
        up_gradient = (gradient.t() @ narrow).mul_(ctx.scale)
        of_inputs = of_dropped = None
        if ctx.needs_input_grad[0]:
            of_inputs = gradient @ weight
            if ctx.without_dropout:
                of_inputs.addmm_(narrow_gradient, down)
        if ctx.needs_input_grad[1] and not ctx.without_dropout:
            of_dropped = narrow_gradient @ down
        return of_inputs, of_dropped, None, down_gradient, up_gradient, None


def compact_adapters(model: nn.Module) -> int:
    """Replace the forward of every adapted linear layer in float32; return how many there are.

    Other layers, and layers in another number type, keep PEFT's forward.
    """
    count = 0
    for layer in model.modules():
        if isinstance(layer, Linear) and _is_plain(layer):
            layer.forward = types.MethodType(_forward, layer)
            count += 1
    return count


def _is_plain(layer: Any) -> bool:
    """Return whether a layer is a frozen float32 one with a single LoRA adapter without bias."""
    base = layer.get_base_layer()
    frozen = type(base) is nn.Linear and not base.weight.requires_grad
    single = layer.active_adapters == [ADAPTER] and not layer.use_dora[ADAPTER]
    no_bias = ADAPTER in layer.lora_B and layer.lora_B[ADAPTER].bias is None
    return bool(frozen and single and no_bias and base.weight.dtype == torch.float32)


def _forward(layer: Any, inputs: torch.Tensor) -> torch.Tensor:
    """Compute what PEFT's forward does for one adapter that is neither merged nor disabled."""
    flat = inputs.reshape(-1, inputs.shape[-1])
    dropout = layer.lora_dropout[ADAPTER]
    inactive = isinstance(dropout, nn.Identity) or not layer.training
    dropped = flat if inactive else dropout(flat)
    down, up = layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
    outputs: torch.Tensor = _AdaptedLinear.apply(  # type: ignore[no-untyped-call]  # PyTorch's
        flat, dropped, layer.get_base_layer(), down, up, layer.scaling[ADAPTER]
    )
    return outputs.view(*inputs.shape[:-1], -1)
