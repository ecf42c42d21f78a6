"""The base model with its adapters: one set of weights that answers under several names."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from serving.chat_request import ChatRequest, RequestError
from serving.decoding import Conversation, answer
from serving.sampling import Sampler
from serving.settings import ServingSettings, SettingsError


class ServedModel:
    """Tokenizes requests and answers them; not for use from several threads at once."""

    def __init__(self, settings: ServingSettings) -> None:
        """Load weights and adapters; raises SettingsError when a folder is unfit."""
        if not (settings.model_path / "config.json").is_file():
            raise SettingsError(f"{settings.model_path} holds no Hugging Face model (config.json)")
        for adapter in settings.adapters:
            _check_rank(adapter.path / "adapter_config.json", settings.max_lora_rank)
        self._settings = settings
        self._tokenizer = AutoTokenizer.from_pretrained(settings.model_path)
        self._base = AutoModelForCausalLM.from_pretrained(
            settings.model_path,
            dtype=_number_type(),
            device_map="cuda" if torch.cuda.is_available() else None,
        )
        listed = self._base.generation_config.eos_token_id
        listed = listed if isinstance(listed, list) else [listed, self._tokenizer.eos_token_id]
        self._end_ids = frozenset(i for i in listed if i is not None)
        self._context = _context_length(self._base, settings)
        self._adapted = self._with_adapters()

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which it answers, the base model's first."""
        return (self._settings.base_name, *(adapter.name for adapter in self._settings.adapters))

    def conversation(self, request: ChatRequest) -> Conversation:
        """Tokenize a request's prompt; raises RequestError when it leaves no room for an answer."""
        try:
            text = self._tokenizer.apply_chat_template(
                request.messages,
                tools=[*request.tools] or None,
                tokenize=False,
                add_generation_prompt=True,
            )
        except TemplateError as error:  # e.g. roles that do not alternate
            reason = f"the chat template refuses the messages: {error}"
            raise RequestError(HTTPStatus.BAD_REQUEST, reason, "messages") from None
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        room = self._context - len(ids)
        wanted = request.max_tokens or room
        if room < 1 or wanted > room:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"the model's context is {self._context} tokens; the messages take {len(ids)}"
                + (f" and max_tokens asks for {request.max_tokens}" if request.max_tokens else ""),
                "messages" if room < 1 else "max_tokens",
            )
        sampler = Sampler(request.temperature, request.top_p, request.seed)
        return Conversation(ids, wanted, sampler, request.stop)

    def answer(
        self, name: str, conversations: Sequence[Conversation], cancelled: Callable[[], bool]
    ) -> None:
        """Answer conversations with the model of that name, all at once."""
        with self._answering_as(name):
            answer(
                self._adapted,
                self._tokenizer,
                list(conversations),
                end_ids=self._end_ids,
                cancelled=cancelled,
            )

    def _with_adapters(self) -> Any:
        model: Any = self._base
        for adapter in self._settings.adapters:
            if isinstance(model, PeftModel):
                model.load_adapter(str(adapter.path), adapter_name=adapter.name)
            else:  # the adapter's weights stay in the base model's type, as in vLLM
                model = PeftModel.from_pretrained(
                    model,
                    str(adapter.path),
                    adapter_name=adapter.name,
                    autocast_adapter_dtype=False,
                )
        return model.eval()

    def _answering_as(self, name: str) -> AbstractContextManager[Any]:
        if name != self._settings.base_name:
            self._adapted.set_adapter(name)
            return nullcontext()
        if self._settings.adapters:
            disabled: AbstractContextManager[Any] = self._adapted.disable_adapter()
            return disabled
        return nullcontext()


def _number_type() -> torch.dtype:
    """bfloat16 on a GPU, as vLLM; float32 on a CPU, where it takes about a fifth more time.

    In bfloat16 sums are rounded so early that a prompt's company in the batch can tip the choice
    between two likely tokens: 4 of 32 greedy answers of SmolLM2-135M changed, in float32 none.
    """
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def _context_length(model: Any, settings: ServingSettings) -> int:
    own: int = model.config.get_text_config().max_position_embeddings
    asked = settings.max_model_len
    if asked is not None and asked > own:
        raise SettingsError(
            f"SM_VLLM_MAX_MODEL_LEN={asked} is more than the {own} tokens the model can read"
        )
    return asked or own


def _check_rank(config: Path, limit: int) -> None:
    if not config.is_file():
        raise SettingsError(f"{config.parent} holds no adapter (adapter_config.json)")
    rank = json.loads(config.read_text(encoding="utf-8")).get("r", 0)
    if rank > limit:
        raise SettingsError(f"the adapter's rank {rank} is above SM_VLLM_MAX_LORA_RANK={limit}")
