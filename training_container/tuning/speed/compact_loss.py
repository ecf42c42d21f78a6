"""Score only the positions that are trained on, on the CPU too.

TRL 1.16's language-model head leaves out masked positions when it finds a CUDA device and scores
all of them elsewhere, because Neuron recompiles whenever a shape changes. A CPU has no such
reason: leaving them out gives the identical loss and, with completions of a few tokens, nearly
halves the time of a step (315 instead of 205 tokens/s on two cores with SmolLM2-135M).
"""

import trl.trainer.utils


def skip_masked_positions() -> None:
    """Have TRL's head skip masked positions on every device.

    `_use_triton` is a private name, so TRL is pinned and a test compares the two ways. Only the
    head's own choice is replaced; the kernels ask their own module and stay as they are.
    """
    if not hasattr(trl.trainer.utils, "_use_triton"):
        raise AttributeError("this TRL has no trl.trainer.utils._use_triton: use the pinned one")
    trl.trainer.utils._use_triton = lambda _device: True  # noqa: SLF001
