"""Answers that a model should not learn from, and markers that do not belong in text."""

import re

_CANNOT = r"(?:cannot|can['’]?t|can not|am unable to|['’]m unable to|am not able to)"  # noqa: RUF001
_REFUSAL = re.compile(
    rf"\b(?:(?:sorry|apologi[sz]e),? (?:but )?i ?{_CANNOT}"
    rf"|i ?{_CANNOT} (?:help|assist|provide|fulfil|comply|create|generate|answer|do that)"
    r"|as an ai\b|as a (?:large )?language model)"
)
_REFUSAL_HINTS = ("sorry", "apolog", "cannot", "can not", "can't", "can’t", "unable", "as a")  # noqa: RUF001
REFUSAL_WITHIN = 200  # characters from the beginning of the answer
LONG_ANSWER = 200  # characters; a shorter one need not be a sentence

# Tokens that the chat templates of today's models give a meaning to.
_CONTROL_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|eot_id|eom_id|start_header_id|end_header_id|"
    r"begin_of_text|end_of_text|python_tag|system|user|assistant|end|endofprompt|fim_\w+|"
    r"channel|message|return|call)\|>|<(?:start|end)_of_turn>|<(?:bos|eos|pad)>"
)
_MARKER = re.compile(r"\[/?INST\]|<</?SYS>>|^(?:###\s*)?(?:Human|Assistant):", re.MULTILINE)


def control_token(text: str) -> str | None:
    """Return the first token that would end or begin a turn inside a message."""
    found = (
        _CONTROL_TOKEN.search(text)
        if "<|" in text or "_turn>" in text or "os>" in text or "<pad>" in text
        else None
    )
    return found.group() if found else None


def marker(text: str) -> str | None:
    """Return the first marker of another chat format, which is likely left over."""
    hinted = (
        ("[" in text and "INST]" in text)
        or (">>" in text and "SYS>>" in text)
        or (":" in text and ("Human:" in text or "Assistant:" in text))
    )
    found = _MARKER.search(text) if hinted else None
    return found.group() if found else None


def is_refusal(answer: str) -> bool:
    """Whether the answer begins by declining."""
    beginning = answer[:REFUSAL_WITHIN].lower()
    hinted = any(hint in beginning for hint in _REFUSAL_HINTS)
    return hinted and _REFUSAL.search(beginning) is not None


def is_cut_off(answer: str) -> bool:
    """Whether a long answer stops in the middle of a sentence."""
    last = answer[-1:]
    return len(answer) >= LONG_ANSWER and (last.isalnum() or last in ",-–") and " " in answer  # noqa: RUF001
