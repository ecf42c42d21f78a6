"""Which answers of a conversation are trained on: OpenAI's `weight`, 0 or 1, of a message.

Source: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input: "Controls whether
the assistant message is trained against (0 or 1)".
"""

from typing import Any

from tunedrop.dataset.readers.record import RowError
from tunedrop.documents.rows import Message

NAMES = ("weight", "loss_weight", "loss")
"""OpenAI's name of a weight, LLaMA-Factory's and ms-swift's."""


def weight_of(item: dict[str, Any], role: str, path: str) -> int | None:
    """Return a message's weight, or None when it has none.

    Only the assistant's messages are trained on, so a weight of 0 on other messages is ignored.

    Raises:
        RowError: the weight is neither 0 nor 1, or a message that is not the assistant's has a 1.
    """
    name = next((name for name in NAMES if item.get(name) is not None), None)
    if name is None:
        return None
    weight = item[name]
    if name == "loss" and isinstance(weight, bool):  # ms-swift
        weight = int(weight)
    if isinstance(weight, bool) or weight not in (0, 1):
        raise RowError(
            "bad_weight",
            f"{path}.{name} is {str(weight)[:40]!r}; it must be 0 or 1.",
            f"{path}.{name}",
            "Write 1 to train on the message, 0 to keep it as context.",
        )
    if role == "assistant":
        return int(weight)
    if weight:
        raise RowError(
            "bad_weight",
            f"{path} is from the {role} and has weight 1; only the assistant's "
            "messages are trained on.",
            f"{path}.{name}",
            "Remove the weight.",
        )
    return None


def up_to_last_trained(messages: list[Message], column: str) -> list[Message]:
    """Return the messages up to the last one that is trained on, each answer with its weight.

    Messages without any weights are returned unchanged. If some answers have a weight, the others
    count as 1, as at OpenAI. Messages after the last answer of weight 1 are removed.

    Raises:
        RowError: all weights are 0.
    """
    answers = [at for at, message in enumerate(messages) if message.role == "assistant"]
    if all(messages[at].weight is None for at in answers):
        return messages
    for at in answers:
        if messages[at].weight is None:
            messages[at].weight = 1
    trained = [at for at in answers if messages[at].weight]
    if not trained:
        raise RowError(
            "nothing_to_learn",
            "Every answer has weight 0: there is nothing to learn.",
            f"{column}[{answers[-1]}].weight",
            "Give an answer weight 1, or remove the weights.",
        )
    return messages[: trained[-1] + 1]
