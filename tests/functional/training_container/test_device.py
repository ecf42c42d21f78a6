"""An instance that would waste money or fail late is refused at once."""

import pytest
import torch

from tuning.device import check_device
from tuning.errors import ConfigurationError


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One GPU that does all that is asked of it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    return monkeypatch


@pytest.mark.usefixtures("gpu")
def test_one_modern_gpu_is_fine() -> None:
    check_device()


def test_gpus_that_would_stand_idle_are_refused(gpu: pytest.MonkeyPatch) -> None:
    gpu.setattr(torch.cuda, "device_count", lambda: 4)

    with pytest.raises(ConfigurationError, match=r"has 4 GPUs and the training uses one: choose"):
        check_device()


def test_a_gpu_without_bfloat16_is_refused(gpu: pytest.MonkeyPatch) -> None:
    gpu.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)

    with pytest.raises(ConfigurationError, match=r"\(Tesla T4\) has no bfloat16: choose"):
        check_device()
