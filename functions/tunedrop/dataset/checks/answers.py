"""Answers that a model should not learn, and markers of chat formats in the text."""

import re

_CANNOT = r"(?:cannot|can['’]?t|can not|am unable to|['’]m unable to|am not able to)"  # noqa: RUF001
_REFUSAL = re.compile(
    rf"\b(?:(?:sorry|apologi[sz]e),? (?:but )?i ?{_CANNOT}"
    rf"|i ?{_CANNOT} (?:help|assist|provide|fulfil|comply|create|generate|answer|do that)"
    r"|as an ai\b|as a (?:large )?language model)"
)
_REFUSAL_HINTS = ("sorry", "apolog", "cannot", "can not", "can't", "can’t", "unable", "as a")  # noqa: RUF001
REFUSAL_WITHIN = 200  # Characters at the beginning of an answer that are searched.
WORDS_OF_A_SENTENCE = 4  # Words of a last line that is part of a sentence.
LONG_ANSWER = 200  # Characters from which an answer should end with a complete sentence.

# Tokens that have a meaning in the chat templates of today's models.
_CONTROL_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|eot_id|eom_id|start_header_id|end_header_id|"
    r"begin_of_text|end_of_text|python_tag|system|user|assistant|end|endofprompt|fim_\w+|"
    r"channel|message|return|call)\|>|<(?:start|end)_of_turn>|<(?:bos|eos|pad)>"
)
_MARKER = re.compile(r"\[/?INST\]|<</?SYS>>|^(?:###\s*)?(?:Human|Assistant):", re.MULTILINE)


def control_token(text: str) -> str | None:
    """Return the first control token, which would end or start a turn inside a message."""
    found = (
        _CONTROL_TOKEN.search(text)
        if "<|" in text or "_turn>" in text or "os>" in text or "<pad>" in text
        else None
    )
    return found.group() if found else None


def marker(text: str) -> str | None:
    """Return the first marker of another chat format, probably left over by a conversion."""
    hinted = (
        ("[" in text and "INST]" in text)
        or (">>" in text and "SYS>>" in text)
        or (":" in text and ("Human:" in text or "Assistant:" in text))
    )
    found = _MARKER.search(text) if hinted else None
    return found.group() if found else None


def is_refusal(answer: str) -> bool:
    """Whether the beginning of the answer is a refusal."""
    beginning = answer[:REFUSAL_WITHIN].lower()
    hinted = any(hint in beginning for hint in _REFUSAL_HINTS)
    return hinted and _REFUSAL.search(beginning) is not None


def is_cut_off(answer: str) -> bool:
    """Whether a long answer ends in the middle of a sentence.

    A number at the end is a result, and a last line of a few words is a heading, a name or code.
    """
    last = answer[-1:]
    if len(answer) < LONG_ANSWER or not (last.isalpha() or last in ",-–"):  # noqa: RUF001
        return False
    return len(answer[answer.rfind("\n") + 1 :].split()) >= WORDS_OF_A_SENTENCE
