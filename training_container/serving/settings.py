"""The settings of the endpoint, under the names that AWS's vLLM image reads.

`SM_VLLM_<FLAG>` is vLLM's `--<flag>`, so one endpoint configuration fits both programs.
Source: https://docs.vllm.ai/en/latest/cli/serve and https://github.com/aws/deep-learning-containers
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from container_folders import ContainerFolders

PREFIX: Final = "SM_VLLM_"
SAFETENSORS: Final = "safetensors"
"""The only format of weights that is loaded."""
OBEYED: Final = frozenset(  # the settings that this program reads
    f"{PREFIX}{flag}"
    for flag in (
        "SERVED_MODEL_NAME", "ENABLE_LORA", "MAX_LORA_RANK", "LORA_MODULES",
        "MAX_MODEL_LEN", "MAX_NUM_SEQS", "HOST", "PORT", "LOAD_FORMAT",
        "CHAT_TEMPLATE",
    )
)  # fmt: skip


class SettingsError(Exception):
    """A setting that cannot be used. The message names the variable."""


@dataclass(frozen=True, slots=True)
class AdapterSource:
    """An adapter: the name under which it answers, and the folder of its files."""

    name: str
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingSettings:
    """The settings in the endpoint's environment."""

    model_path: Path
    """The base model: a Hugging Face directory."""

    base_name: str
    """The name under which the base model answers."""

    adapters: tuple[AdapterSource, ...]
    """The adapters that answer beside it."""

    max_lora_rank: int
    """Adapters of a higher rank are refused."""

    max_model_len: int | None
    """The largest number of tokens of prompt and answer together; None for the model's context."""

    max_batch: int
    """The largest number of requests that are answered at the same time."""

    chat_template: Path | None
    """The file of the chat template; None for the model's own."""

    host: str
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], folders: ContainerFolders) -> Self:
        """Read the variables.

        Raises:
            SettingsError: naming the variable that is wrong.
        """
        adapters = _adapters(environment, folders)
        if adapters and environment.get(f"{PREFIX}ENABLE_LORA", "false").lower() != "true":
            raise SettingsError(f"{PREFIX}LORA_MODULES needs {PREFIX}ENABLE_LORA=true")
        if environment.get(f"{PREFIX}LOAD_FORMAT", SAFETENSORS) != SAFETENSORS:
            raise SettingsError(f"{PREFIX}LOAD_FORMAT must be {SAFETENSORS}: others can run code")
        limit = f"{PREFIX}MAX_MODEL_LEN"
        return cls(
            model_path=folders.model,
            base_name=environment.get(f"{PREFIX}SERVED_MODEL_NAME", "base"),
            adapters=adapters,
            max_lora_rank=_positive(environment, f"{PREFIX}MAX_LORA_RANK", 16),
            max_model_len=_positive(environment, limit, 1) if environment.get(limit) else None,
            max_batch=_positive(environment, f"{PREFIX}MAX_NUM_SEQS", 16),
            chat_template=_template(environment, folders),
            host=environment.get(f"{PREFIX}HOST", "0.0.0.0"),  # noqa: S104  # nosec B104 - SageMaker asks from outside the container
            port=_positive(environment, f"{PREFIX}PORT", 8080),
        )


def not_obeyed(environment: Mapping[str, str]) -> list[str]:
    """Return the variables of the vLLM image that this program does not read."""
    return sorted(key for key in environment if key.startswith(PREFIX) and key not in OBEYED)


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise SettingsError(f"{name} must be a positive integer, not {text!r}")
    return int(text)


def _template(environment: Mapping[str, str], folders: ContainerFolders) -> Path | None:
    """Return the file of the chat template. vLLM also reads a template's text here."""
    name = f"{PREFIX}CHAT_TEMPLATE"
    if not environment.get(name):
        return None
    path = folders.resolve(environment[name])
    if not path.is_file():
        raise SettingsError(f"{name} must be the path of a file, and {environment[name]} is none")
    return path


def _adapters(
    environment: Mapping[str, str], folders: ContainerFolders
) -> tuple[AdapterSource, ...]:
    name = f"{PREFIX}LORA_MODULES"
    try:
        listed: Any = json.loads(environment.get(name) or "[]")
        modules = listed if isinstance(listed, list) else [listed]
        return tuple(AdapterSource(m["name"], folders.resolve(m["path"])) for m in modules)
    except (ValueError, TypeError, KeyError):
        raise SettingsError(
            f'{name} must be a JSON list of {{"name": …, "path": …}}, not {environment[name]!r}'
        ) from None
