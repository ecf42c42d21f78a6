"""The endpoint's environment is read as the vLLM image reads it."""

import json
from pathlib import Path

import pytest

from container_folders import ContainerFolders
from serving.settings import AdapterSource, ServingSettings, SettingsError, not_obeyed

FOLDERS = ContainerFolders(Path("/base"))
TUNED = [{"name": "tuned", "path": "/opt/ml/additional-model-data-sources/tuned"}]


def test_what_the_endpoint_configuration_says_is_obeyed() -> None:
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

    assert settings == ServingSettings(
        model_path=Path("/base/model"),
        base_name="base",
        adapters=(AdapterSource("tuned", Path("/base/additional-model-data-sources/tuned")),),
        max_lora_rank=32,
        max_model_len=2048,
        max_batch=16,
        host="::1",
        port=9000,
    )


def test_with_nothing_said_it_serves_as_the_platform_expects() -> None:
    settings = ServingSettings.from_environment({}, FOLDERS)

    assert (settings.host, settings.port, settings.adapters) == ("0.0.0.0", 8080, ())  # noqa: S104


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SM_VLLM_PORT": "http"}, "SM_VLLM_PORT"),
        ({"SM_VLLM_MAX_MODEL_LEN": "0"}, "SM_VLLM_MAX_MODEL_LEN"),
        ({"SM_VLLM_LORA_MODULES": json.dumps(TUNED)}, "SM_VLLM_ENABLE_LORA"),
        ({"SM_VLLM_LORA_MODULES": "tuned=/x"}, "SM_VLLM_LORA_MODULES"),
        ({"SM_VLLM_LORA_MODULES": '[{"name": "tuned"}]'}, "SM_VLLM_LORA_MODULES"),
    ],
)
def test_a_setting_that_cannot_be_obeyed_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        ServingSettings.from_environment(environment, FOLDERS)


def test_settings_that_mean_nothing_here_are_told() -> None:
    environment = {"SM_VLLM_GPU_MEMORY_UTILIZATION": "0.9", "SM_VLLM_PORT": "1", "PATH": "/bin"}

    assert not_obeyed(environment) == ["SM_VLLM_GPU_MEMORY_UTILIZATION"]
