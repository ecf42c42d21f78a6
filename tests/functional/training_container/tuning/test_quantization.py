"""QLoRA as far as it can be shown without CUDA: settings, loading, the adapter, merged weights.

bitsandbytes is not installed here, so the weights themselves stay as they are.
"""

import importlib.util
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from container_folders import ContainerFolders
from tests.functional.training_container.finished_job import FinishedJob
from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_document import training_document
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.training_job import PROGRAM, TrainingJob
from tuning import base_model
from tuning.artifact import save_merged
from tuning.base_model import LoadedModel, load_base_model
from tuning.configuration import TrainingConfig
from tuning.quantization import four_bits, keep_adapter_exact

QLORA = TrainingConfig.from_json(training_document() | {"method": "qlora"})


def test_weights_are_kept_in_nf4_with_quantized_scales() -> None:
    # When
    settings = four_bits(torch.bfloat16).to_dict()

    # Then
    assert settings["load_in_4bit"] is True
    assert settings["bnb_4bit_quant_type"] == "nf4"
    assert settings["bnb_4bit_use_double_quant"] is True
    assert settings["bnb_4bit_compute_dtype"] == "bfloat16"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How the weights are asked for; transformers does not pack them, but says that it did."""
    asked: dict[str, Any] = {}

    def loaded(directory: Path, **options: Any) -> Any:
        asked.update(options)
        model: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=options["dtype"])
        model.is_loaded_in_4bit = True
        return model

    monkeypatch.setattr(base_model, "AutoModelForCausalLM", SimpleNamespace(from_pretrained=loaded))
    return asked


def test_the_base_model_is_loaded_in_four_bits_and_frozen(
    tiny_model: Path, asked: dict[str, Any]
) -> None:
    # When
    base = load_base_model(tiny_model, QLORA, torch.bfloat16)

    # Then it was asked for in four bits from safetensors, and only an adapter can be trained
    assert asked["quantization_config"].to_dict() == four_bits(torch.bfloat16).to_dict()
    assert (asked["use_safetensors"], asked["dtype"]) == (True, torch.bfloat16)
    assert base.adapter is not None
    assert not any(weight.requires_grad for weight in base.weights.parameters())
    assert {weight.dtype for weight in base.weights.parameters()} == {torch.float32}


def test_a_model_that_is_not_quantized_is_loaded_without_settings(tiny_model: Path) -> None:
    # When
    base = load_base_model(tiny_model, TrainingConfig.from_json(training_document()), torch.float32)

    # Then
    assert not hasattr(base.weights.config, "quantization_config")


def test_trained_weights_are_put_into_float32() -> None:
    # Given a frozen layer and one that is trained, both in bfloat16
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)).bfloat16()
    model[0].requires_grad_(requires_grad=False)

    # When
    keep_adapter_exact(model)

    # Then
    assert model[0].weight.dtype == torch.bfloat16
    assert model[1].weight.dtype == torch.float32


def training_program() -> Any:
    """Return train.py as a module; the functions have one of the same name."""
    spec = importlib.util.spec_from_file_location("training_program", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
def test_a_job_trains_an_exact_adapter_beside_the_frozen_weights(
    job: TrainingJob, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a job with the method qlora, on an instance that seems to have CUDA
    train = training_program()
    monkeypatch.setattr(train, "check_device", lambda _method: None)
    monkeypatch.setattr(
        PreTrainedModel, "num_parameters", lambda *_, **__: 1
    )  # It asks bitsandbytes.
    job.give(
        {**LEARNABLE, "epochs": 1.0},
        train=make_rows(32),
        validation=make_rows(8, first_row=33),
        method="qlora",
    )
    job.compute_in("float32")

    # When it trains, in this process
    train.fine_tune(ContainerFolders(job.root), scratch=tmp_path)

    # Then the adapter is in float32, although TRL puts one beside four bits into bfloat16
    adapter = load_file(job.root / "model/adapter_model.safetensors")
    assert {tensor.dtype for tensor in adapter.values()} == {torch.float32}
    assert asked["quantization_config"]
    assert job.summary["precision"] == "nf4"
    assert "reference_likelihoods.json" not in job.artifact


@pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
def test_merged_weights_are_made_of_the_exact_base_model(
    finished: FinishedJob, tmp_path: Path
) -> None:
    # Given the adapter of a job, and a trainer whose own weights cannot be merged
    folders = ContainerFolders(tmp_path)
    shutil.copytree(finished.job.root / "input/data/model", folders.channel("model"))
    shutil.copytree(finished.job.root / "model", folders.model)
    trainer: Any = SimpleNamespace(
        model=None, accelerator=SimpleNamespace(unwrap_model=lambda model: model)
    )
    tokenizer = AutoTokenizer.from_pretrained(folders.model)
    weights: Any = None

    # When
    save_merged(trainer, LoadedModel(weights, tokenizer, None, torch.float32), QLORA, folders)

    # Then the merged model computes what base model and adapter do
    ids = torch.tensor([[3, 17, 42, 99, 128]])
    base = AutoModelForCausalLM.from_pretrained(folders.channel("model"), dtype=torch.float32)
    merged = AutoModelForCausalLM.from_pretrained(folders.model / "merged", dtype=torch.float32)
    with torch.no_grad():
        tuned = PeftModel.from_pretrained(base, folders.model)(ids).logits
        assert torch.allclose(merged(ids).logits, tuned, atol=1e-2)
