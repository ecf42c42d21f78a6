"""Answers that a model should not learn from, and markers that do not belong in text."""

import re

_REFUSAL = re.compile(
    r"\b(?:i['’]?m sorry|i am sorry|i apologi[sz]e|i (?:cannot|can['’]?t|can not|am unable to|"  # noqa: RUF001
    r"['’]m unable to) (?:help|assist|provide|answer|do|fulfil|comply|create|generate)|"  # noqa: RUF001
    r"as an ai\b|as a (?:large )?language model)",
    re.IGNORECASE,
)
REFUSAL_WITHIN = 200  # characters from the beginning of the answer
LONG_ANSWER = 200  # characters; a shorter one need not be a sentence

# Tokens that the chat templates of today's models give a meaning to.
_CONTROL_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|eot_id|eom_id|start_header_id|end_header_id|"
    r"begin_of_text|end_of_text|python_tag|system|user|assistant|end|endofprompt|fim_\w+|"
    r"channel|message|return|call)\|>|<(?:start|end)_of_turn>|<(?:bos|eos|pad)>"
)
_MARKER = re.compile(
    r"\[/?INST\]|<</?SYS>>|^(?:###\s*(?:Human|Assistant)|Human|Assistant):", re.MULTILINE
)


def control_token(text: str) -> str | None:
    """Return the first token that would end or begin a turn inside a message."""
    found = _CONTROL_TOKEN.search(text) if "<" in text else None
    return found.group() if found else None


def marker(text: str) -> str | None:
    """Return the first marker of another chat format, which is likely left over."""
    found = _MARKER.search(text)
    return found.group() if found else None


def is_refusal(answer: str) -> bool:
    """Whether the answer begins by declining."""
    return _REFUSAL.search(answer, 0, REFUSAL_WITHIN) is not None


def is_cut_off(answer: str) -> bool:
    """Whether a long answer stops in the middle of a sentence."""
    last = answer[-1:]
    return len(answer) >= LONG_ANSWER and (last.isalnum() or last in ",-–") and " " in answer  # noqa: RUF001
