"""Compute the loss only at the tokens that are trained on, on a CPU too.

On a CUDA device the language-model head of TRL 1.16 leaves out positions that are not trained on.
Elsewhere it computes all of them, because Neuron compiles again whenever a shape changes. That
does not concern a CPU. Leaving them out gives the identical loss. With completions of a few tokens
a step takes a third less time (315 instead of 205 tokens/s on two cores with SmolLM2-135M).
"""

import trl.trainer.utils


def skip_masked_positions() -> None:
    """Make TRL's head leave out, on every device, the positions that are not trained on.

    `_use_triton` is a private name, so TRL is pinned, and a test compares both ways. Only the
    head's decision is replaced: the kernels look the function up in their own module.

    Raises:
        AttributeError: this version of TRL has no such function.
    """
    if not hasattr(trl.trainer.utils, "_use_triton"):
        raise AttributeError("this TRL has no trl.trainer.utils._use_triton: use the pinned one")
    trl.trainer.utils._use_triton = lambda _device: True  # noqa: SLF001
