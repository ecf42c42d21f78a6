"""What the instance must have, looked at before anything is loaded."""

import torch

from tuning.errors import ConfigurationError


def check_device() -> None:
    """Refuse GPUs that this program would leave idle or that cannot compute in bfloat16.

    Without any GPU it trains on the CPU.

    Raises:
        ConfigurationError: naming instances that do.
    """
    if not torch.cuda.is_available():
        return
    count, name = torch.cuda.device_count(), torch.cuda.get_device_name(0)
    if count > 1:
        raise ConfigurationError(
            f"this instance has {count} GPUs and the training uses one: choose an instance with "
            "one GPU, e.g. ml.g6.2xlarge or ml.g6e.2xlarge"
        )
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        raise ConfigurationError(
            f"the GPU of this instance ({name}) has no bfloat16: choose e.g. ml.g5.2xlarge or "
            "ml.g6.2xlarge"
        )
