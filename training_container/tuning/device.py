"""Check, before anything is loaded, that the training can use the instance's GPUs."""

import torch

from tuning.errors import ConfigurationError


def check_device(method: str) -> None:
    """Refuse an instance with several GPUs, or with a GPU that does not compute in bfloat16.

    Without a GPU the training runs on the CPU, but not with the method qlora: its kernels for
    weights in four bits need CUDA.

    Raises:
        ConfigurationError: naming instance types that can be used.
    """
    if not torch.cuda.is_available():
        if method == "qlora":
            raise ConfigurationError(
                "method qlora needs a GPU with CUDA, and this instance has none: choose an "
                "instance type such as ml.g6.2xlarge, or write `method: lora` in recipe.yaml"
            )
        return
    count, name = torch.cuda.device_count(), torch.cuda.get_device_name(0)
    if count > 1:
        raise ConfigurationError(
            f"this instance has {count} GPUs and the training uses one: choose an instance type "
            "with one GPU, such as ml.g6.2xlarge or ml.g6e.2xlarge"
        )
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        raise ConfigurationError(
            f"the GPU of this instance ({name}) has no bfloat16: choose an instance type such as "
            "ml.g5.2xlarge or ml.g6.2xlarge"
        )
