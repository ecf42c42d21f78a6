"""Token statistics of the training rows: measured on a sample, or estimated by characters."""

import importlib
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from tunedrop.dataset.document import Message, Row, TokenStatistics

CHARACTERS_A_TOKEN = 4  # English prose with the vocabularies of today's models; an estimate
SAMPLE = 2_000  # rows; tokens a character vary by some 20%, so their mean is good to ±1%
MARKUP = (
    5  # tokens a message that ChatML adds: <|im_start|>, role, line feed, <|im_end|>, line feed
)


class TokenSample:
    """Counts the tokens of every so-manieth row with the base model's own tokenizer."""

    def __init__(self, tokenizer: bytes, rows: int) -> None:
        self._tokenizer = _tokenizer(tokenizer)
        self._stride = max(1, rows // SAMPLE)
        self._tokens = 0
        self._characters = 0
        self.rows = 0

    def look(self, at: int, line: bytes) -> None:
        """Count a row, when it is its turn.

        Args:
            at: its position among all rows.
            line: the encoded row as it is written.
        """
        if self._tokenizer is None or at % self._stride:
            return
        row = msgspec.json.decode(line, type=Row)
        messages: list[Message] = [*row.prompt, *row.completion]
        texts = [message.content for message in messages]
        for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False):
            self._tokens += len(encoding.ids)
        self._tokens += MARKUP * len(messages)
        self._characters += sum(map(len, texts))
        self.rows += 1

    @property
    def characters_a_token(self) -> float | None:
        """The rate that was measured, if anything was."""
        return self._characters / self._tokens if self._tokens else None


def token_statistics(characters: Sequence[int], sample: TokenSample | None) -> TokenStatistics:
    """Turn the training rows' lengths in characters into tokens."""
    measured = sample.characters_a_token if sample else None
    rate = measured or CHARACTERS_A_TOKEN
    ordered = sorted(characters)
    rows = len(ordered)

    def tokens_at(rank: int) -> int:
        return math.ceil(ordered[min(rows - 1, rank)] / rate) if rows else 0

    total = math.ceil(sum(ordered) / rate)
    return TokenStatistics(
        method="tokenizer" if measured else "characters",
        total=total,
        mean=round(total / rows, 1) if rows else 0.0,
        median=tokens_at(rows // 2),
        p95=tokens_at(rows * 95 // 100),
        longest=tokens_at(rows - 1),
        sample=sample.rows if sample and measured else 0,
    )


def _tokenizer(content: bytes) -> Any:
    """Return the tokenizer, or None when the library is missing or the file is none."""
    try:
        return importlib.import_module("tokenizers").Tokenizer.from_buffer(content)
    except Exception:  # noqa: BLE001 - the library raises bare Exceptions; the estimate remains
        return None
