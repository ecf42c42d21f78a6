"""The base model with its adapters, which answer under their own names."""

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
from serving.decoding import Conversation, Sampler, answer
from serving.likelihood import likelihoods
from serving.settings import ServingSettings, SettingsError


class ServedModel:
    """Tokenizes requests and answers them. Only one thread at a time may use it."""

    def __init__(self, settings: ServingSettings) -> None:
        """Load the base model and the adapters.

        Raises:
            SettingsError: a folder has no model or adapter, or one that the settings do not allow.
        """
        if not (settings.model_path / "config.json").is_file():
            raise SettingsError(f"{settings.model_path} has no Hugging Face model (config.json)")
        for adapter in settings.adapters:
            _check_rank(adapter.path / "adapter_config.json", settings.max_lora_rank)
        self._settings = settings
        self._tokenizer = AutoTokenizer.from_pretrained(
            settings.model_path, trust_remote_code=False
        )
        if settings.chat_template:
            template = settings.chat_template.read_text(encoding="utf-8")
            self._tokenizer.chat_template = template
        self._base = AutoModelForCausalLM.from_pretrained(
            settings.model_path,
            trust_remote_code=False,  # The default asks on a terminal whether the code may run.
            use_safetensors=True,  # Other formats can run code when they are loaded.
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
        """The names of the models, the base model's first."""
        return (self._settings.base_name, *(adapter.name for adapter in self._settings.adapters))

    def conversation(self, request: ChatRequest) -> Conversation:
        """Tokenize a request's prompt.

        Raises:
            RequestError: the chat template refuses the messages, or the context is too short for
                prompt and answer.
        """
        ids = self._prompt_ids(request)
        field = "messages" if request.text is None else "prompt"
        room = self._context - len(ids)
        wanted = request.max_tokens or room
        if room < 1 or wanted > room:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"the model's context is {self._context} tokens; `{field}` takes {len(ids)}"
                + (f" and max_tokens asks for {request.max_tokens}" if request.max_tokens else ""),
                field if room < 1 else "max_tokens",
            )
        sampler = Sampler(request.temperature, request.top_p, request.seed)
        return Conversation(ids, wanted, sampler, request.stop, request.prompt_logprobs)

    def token(self, token: int) -> str:
        """Return the text of one token."""
        return str(self._tokenizer.decode([token]))

    def _prompt_ids(self, request: ChatRequest) -> list[int]:
        if request.text is not None:
            given = self._tokenizer(request.text, add_special_tokens=request.add_special_tokens)
            return list(given["input_ids"])
        try:
            text = self._tokenizer.apply_chat_template(
                request.messages,
                tools=[*request.tools] or None,
                tokenize=False,
                add_generation_prompt=request.add_generation_prompt,
            )
        except TemplateError as error:  # for example, roles that do not alternate
            reason = f"the chat template refuses the messages: {error}"
            raise RequestError(HTTPStatus.BAD_REQUEST, reason, "messages") from None
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(
        self, name: str, conversations: Sequence[Conversation], cancelled: Callable[[], bool]
    ) -> None:
        """Answer conversations, in place and all at once, with the model of that name."""
        with self._answering_as(name):
            for each in conversations:
                if each.wants_likelihoods:
                    each.prompt_likelihoods = likelihoods(self._adapted, each.prompt_ids, cancelled)
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
            else:  # as in vLLM, the adapter's weights have the base model's number type
                model = PeftModel.from_pretrained(
                    model,
                    str(adapter.path),
                    adapter_name=adapter.name,
                    autocast_adapter_dtype=False,
                )
        return model.eval()

    def _answering_as(self, name: str) -> AbstractContextManager[Any]:
        """Return a context in which the weights are those of the model of that name."""
        if name != self._settings.base_name:
            self._adapted.set_adapter(name)
            return nullcontext()
        if self._settings.adapters:
            disabled: AbstractContextManager[Any] = self._adapted.disable_adapter()
            return disabled
        return nullcontext()


def _number_type() -> torch.dtype:
    """Return bfloat16 on a GPU, as in vLLM, and float32 on a CPU.

    In bfloat16 sums are rounded so much that the other prompts of a batch can decide between two
    tokens of nearly equal likelihood: 4 of 32 greedy answers of SmolLM2-135M changed, and none in
    float32. On a CPU float32 takes about a fifth more time.
    """
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def _context_length(model: Any, settings: ServingSettings) -> int:
    """Return how many tokens prompt and answer may have together."""
    own: int = model.config.get_text_config().max_position_embeddings
    asked = settings.max_model_len
    if asked is not None and asked > own:
        raise SettingsError(
            f"SM_VLLM_MAX_MODEL_LEN={asked} is more than the {own} tokens of the model's context"
        )
    return asked or own


def _check_rank(config: Path, limit: int) -> None:
    if not config.is_file():
        raise SettingsError(f"{config.parent} has no adapter (adapter_config.json)")
    rank = json.loads(config.read_text(encoding="utf-8")).get("r", 0)
    if rank > limit:
        raise SettingsError(f"the adapter's rank {rank} is above SM_VLLM_MAX_LORA_RANK={limit}")
