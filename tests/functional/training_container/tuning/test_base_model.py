"""The base model is checked before any row is read."""

import shutil
from pathlib import Path

import pytest
import torch

from tests.support.builders.model_with_code import make_model_with_code
from tests.support.builders.tiny_model import CONTEXT_TOKENS
from tests.support.builders.training_document import training_document
from tuning.base_model import load_base_model, require_model
from tuning.configuration import TrainingConfig
from tuning.errors import ConfigurationError, ModelError
from tuning.speed.precision import measure_precision

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


def config_with(max_length: int) -> TrainingConfig:
    return TrainingConfig.from_json(training_document(max_length=max_length))


def test_channel_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="put the files of tests/tiny at revision main there"):
        require_model(tmp_path, config_with(512))


def test_broken_model_is_refused_in_one_line(tmp_path: Path) -> None:
    # Given a model without weights
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')

    # When it is loaded, then the reason has one line
    with pytest.raises(ModelError, match="tests/tiny cannot be loaded: ") as refusal:
        load_base_model(tmp_path, config_with(512), torch.float32)

    assert "\n" not in str(refusal.value)


def test_max_length_beyond_the_models_context_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"max_length 2048 is more than the 1024 tokens"):
        load_base_model(tiny_model, config_with(2 * CONTEXT_TOKENS), torch.float32)


def test_code_of_a_model_is_not_run_and_nobody_is_asked(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a model that comes with code
    trace = make_model_with_code(tiny_model, tmp_path / "model")

    # When its number type is chosen and it is loaded, then both are refused with one line
    with pytest.raises(ModelError, match="contains custom code"):
        measure_precision(tmp_path / "model")
    with pytest.raises(ModelError, match="tests/tiny cannot be loaded: ") as refusal:
        load_base_model(tmp_path / "model", config_with(512), torch.float32)

    # And its code did not run, nor was there a question whether it may
    assert "\n" not in str(refusal.value)
    assert "[y/N]" not in capsys.readouterr().out
    assert not trace.exists()


def test_pickled_weights_are_refused_although_they_could_be_loaded(
    tiny_model: Path, tmp_path: Path
) -> None:
    # Given a model whose weights are a pickle
    for file in tiny_model.iterdir():
        if file.suffix != ".safetensors":
            shutil.copy(file, tmp_path)
    weights = load_base_model(tiny_model, config_with(512), torch.float32).weights.state_dict()
    torch.save(weights, tmp_path / "pytorch_model.bin")

    # When it is loaded, then it is refused
    with pytest.raises(ModelError, match="safetensors"):
        load_base_model(tmp_path, config_with(512), torch.float32)
