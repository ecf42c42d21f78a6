"""The endpoint's environment means what it means to the vLLM image."""

import json
from pathlib import Path

import pytest

from container_folders import ContainerFolders
from serving.settings import AdapterSource, ServingSettings, SettingsError, not_obeyed

FOLDERS = ContainerFolders(Path("/base"))
TUNED = [{"name": "tuned", "path": "/opt/ml/additional-model-data-sources/tuned"}]


@pytest.mark.parametrize("written", [TUNED, TUNED[0]], ids=["array", "object"])
def test_adapters_are_named_by_an_array_or_a_bare_object(written: object) -> None:
    # Given the form of newer images, and the one that older ones understand too
    environment = {"SM_VLLM_ENABLE_LORA": "true", "SM_VLLM_LORA_MODULES": json.dumps(written)}

    # When it is read
    settings = ServingSettings.from_environment(environment, FOLDERS)

    # Then both name the same adapter
    path = Path("/base/additional-model-data-sources/tuned")
    assert settings.adapters == (AdapterSource("tuned", path),)


def test_settings_are_read_from_the_environment() -> None:
    # When an environment with every setting is read
    settings = ServingSettings.from_environment(
        {
            "SM_VLLM_SERVED_MODEL_NAME": "base",
            "SM_VLLM_ENABLE_LORA": "true",
            "SM_VLLM_MAX_LORA_RANK": "32",
            "SM_VLLM_LORA_MODULES": json.dumps(TUNED),
            "SM_VLLM_MAX_MODEL_LEN": "2048",
            "SM_VLLM_HOST": "::1",
            "SM_VLLM_PORT": "9000",
        },
        FOLDERS,
    )

    # Then each has its value, and paths below /opt/ml are resolved
    assert settings == ServingSettings(
        model_path=Path("/base/model"),
        base_name="base",
        adapters=(AdapterSource("tuned", Path("/base/additional-model-data-sources/tuned")),),
        max_lora_rank=32,
        max_model_len=2048,
        max_batch=16,
        chat_template=None,
        host="::1",
        port=9000,
    )


def test_settings_have_the_defaults_that_sagemaker_expects() -> None:
    settings = ServingSettings.from_environment({}, FOLDERS)

    assert (settings.host, settings.port, settings.adapters) == ("0.0.0.0", 8080, ())  # noqa: S104


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SM_VLLM_PORT": "http"}, "SM_VLLM_PORT"),
        ({"SM_VLLM_MAX_MODEL_LEN": "0"}, "SM_VLLM_MAX_MODEL_LEN"),
        ({"SM_VLLM_CHAT_TEMPLATE": "{{ messages }}"}, "SM_VLLM_CHAT_TEMPLATE must be the path"),
        ({"SM_VLLM_LOAD_FORMAT": "pt"}, "SM_VLLM_LOAD_FORMAT must be safetensors"),
        ({"SM_VLLM_LORA_MODULES": json.dumps(TUNED)}, "SM_VLLM_ENABLE_LORA"),
        ({"SM_VLLM_LORA_MODULES": "tuned=/x"}, "SM_VLLM_LORA_MODULES"),
        ({"SM_VLLM_LORA_MODULES": '[{"name": "tuned"}]'}, "SM_VLLM_LORA_MODULES"),
    ],
)
def test_wrong_setting_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        ServingSettings.from_environment(environment, FOLDERS)


def test_settings_that_are_not_read_are_listed() -> None:
    # Given one setting of the vLLM image that this program does not read
    environment = {"SM_VLLM_GPU_MEMORY_UTILIZATION": "0.9", "SM_VLLM_PORT": "1", "PATH": "/bin"}

    # When the environment is checked, then it alone is listed
    assert not_obeyed(environment) == ["SM_VLLM_GPU_MEMORY_UTILIZATION"]
