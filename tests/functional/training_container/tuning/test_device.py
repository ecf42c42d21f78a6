"""An instance whose GPUs cannot be used is refused before anything is loaded."""

import pytest
import torch

from tuning.device import check_device
from tuning.errors import ConfigurationError


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Simulate an instance with one GPU that can train."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    return monkeypatch


@pytest.mark.usefixtures("gpu")
def test_one_gpu_with_bfloat16_is_accepted() -> None:
    check_device("qlora")


def test_weights_in_four_bits_need_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an instance without a GPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    # When its job is about to load weights, then only those in four bits are refused
    check_device("lora")
    with pytest.raises(ConfigurationError, match=r"qlora needs a GPU .* ml\.g6\.2xlarge, or write"):
        check_device("qlora")


def test_several_gpus_are_refused(gpu: pytest.MonkeyPatch) -> None:
    gpu.setattr(torch.cuda, "device_count", lambda: 4)

    with pytest.raises(ConfigurationError, match=r"has 4 GPUs and the training uses one: choose"):
        check_device("lora")


def test_gpu_without_bfloat16_is_refused(gpu: pytest.MonkeyPatch) -> None:
    gpu.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)

    with pytest.raises(ConfigurationError, match=r"\(Tesla T4\) has no bfloat16: choose"):
        check_device("lora")
