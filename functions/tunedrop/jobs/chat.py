"""What an endpoint is asked: chats, and how likely a conversation or a text is."""

from typing import Any

from tunedrop.documents.rows import Message
from tunedrop.recipe.schema import Recipe

# The likelihoods of the prompt's own tokens, and the shortest answer that can be asked for.
# https://docs.vllm.ai/en/latest/api/vllm/sampling_params
LIKELIHOODS_ONLY = {"prompt_logprobs": 0, "max_tokens": 1, "temperature": 0}


def chat_request(
    recipe: Recipe,
    model: str,
    prompt: list[Message],
    tools: list[dict[str, Any]] | None = None,
    *,
    calls_as_text: bool = False,
) -> dict[str, Any]:
    """Return one request in the OpenAI chat format, with the recipe's generation settings.

    With tools, `tool_choice` is "none": the tools are in the prompt and the model writes its call
    as text. Any other choice needs a parser for the model's own format of calls.
    https://docs.vllm.ai/en/latest/features/tool_calling.html

    Args:
        recipe: its generation settings.
        model: "base" or "tuned".
        prompt: the messages before the answer.
        tools: the functions that may be called, in OpenAI's form.
        calls_as_text: the model was trained on earlier calls as text, because its chat template
            omits them.
    """
    settings = recipe.generation
    request = {
        **_chat(model, prompt, tools, calls_as_text=calls_as_text),
        "max_tokens": settings.answer_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
    }
    return {**request, "stop": list(settings.stop)} if settings.stop else request


def likelihood_request(
    model: str,
    conversation: list[Message],
    tools: list[dict[str, Any]] | None = None,
    *,
    answered: bool = True,
    calls_as_text: bool = False,
) -> dict[str, Any]:
    """Return a chat that asks how likely a conversation is; nothing of its answer is used.

    https://docs.vllm.ai/en/latest/serving/openai_compatible_server (extra parameters)

    Args:
        model: "base" or "tuned".
        conversation: the messages.
        tools: as in `chat_request`.
        answered: whether the last message is the answer; otherwise the prompt ends where the
            answer begins.
        calls_as_text: as in `chat_request`.
    """
    return {
        **_chat(model, conversation, tools, calls_as_text=calls_as_text),
        "add_generation_prompt": not answered,
        **LIKELIHOODS_ONLY,
    }


def text_likelihood_request(model: str, text: str) -> dict[str, Any]:
    """Return a completion that asks how likely a text is; nothing of its answer is used."""
    return {"model": model, "prompt": text, **LIKELIHOODS_ONLY}


def _chat(
    model: str,
    messages: list[Message],
    tools: list[dict[str, Any]] | None,
    *,
    calls_as_text: bool,
) -> dict[str, Any]:
    turns = [_turn(message, calls_as_text=calls_as_text) for message in messages]
    offered: dict[str, Any] = {"tools": tools, "tool_choice": "none"} if tools else {}
    return {"model": model, "messages": turns, **offered}


def _turn(message: Message, *, calls_as_text: bool) -> dict[str, Any]:
    """Return one message for the chat template, in the same form as in training."""
    text = message.text if calls_as_text else message.content
    turn: dict[str, Any] = {"role": message.role, "content": text}
    if message.tool_calls and not calls_as_text:
        turn["tool_calls"] = message.tool_calls
    if message.role == "tool":
        named = {"tool_call_id": message.tool_call_id, "name": message.name}
        turn |= {key: value for key, value in named.items() if value is not None}
    return turn
