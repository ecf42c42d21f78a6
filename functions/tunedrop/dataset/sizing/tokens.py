"""Token statistics of the training rows: counted on a sample, or estimated from characters."""

import hashlib
import importlib
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any, NamedTuple

import msgspec

from tunedrop.dataset.sizing.chat_template import ChatTemplate
from tunedrop.documents.dataset import TokenStatistics
from tunedrop.documents.rows import AnyRow, Message, read_row

CHARACTERS_A_TOKEN = 4  # An estimate for English prose with the vocabularies of today's models.
SAMPLE = 4_000  # Up to this number, all rows are counted; of more rows, at least half this number.
LARGEST_SAMPLE = 64_000  # Rows, which take about a minute to count.
TOLERANCE = 0.01  # Half the 95% interval, as a share of the total, at which the sample is enough.
NORMAL_95 = 1.96  # Standard errors on each side of a 95% interval.
MARKUP = 4  # Tokens of a message besides its role: <|im_start|>, line feed, <|im_end|>, line feed.
END_OF_TURN = 1  # Token after an answer, which is learned too.
ROLE = 1  # Tokens of a role, where they are not counted.
_DRAWS = 2**64


class Counted(NamedTuple):
    """A row of the sample. `draw`, uniform in 0 to 1, decides when it leaves the sample."""

    draw: float
    characters: int
    tokens: int


class TokenSample:
    """Counts the tokens of a random sample of rows with the base model's own tokenizer.

    Every row is counted until the sample is full. If half of it is enough for the tolerance, the
    rows with the larger draws are dropped, and only half of the further rows are counted. Draws are
    random, because rows often follow a regular pattern.

    Args:
        tokenizer: tokenizer.json.
        rows: number of rows; it seeds the draws, so that the same file has the same sample.
        template: the model's chat template. Without it, or where it refuses a row, each message is
            taken to have the marks of ChatML, as most models write them.
    """

    def __init__(self, tokenizer: bytes, rows: int, template: ChatTemplate | None = None) -> None:
        self._tokenizer = _tokenizer(tokenizer)
        self._template = template
        self._seed = rows.to_bytes(8, "big")
        self._share = 1.0
        self._most = SAMPLE
        self._roles: dict[str, int] = {}
        self.counted: list[Counted] = []

    def count(self, at: int, line: bytes) -> None:
        """Count a row if it belongs to the sample.

        Args:
            at: its position among all rows.
            line: the encoded row as it is written.
        """
        if self._tokenizer is None:
            return
        digest = hashlib.blake2b(at.to_bytes(8, "big"), key=self._seed, digest_size=8).digest()
        draw = int.from_bytes(digest, "big") / _DRAWS
        if draw >= self._share:
            return
        row = read_row(line)
        self.counted.append(Counted(draw, _characters(row), self._tokens(row)))
        if len(self.counted) > self._most:
            self._thin_out()

    def _tokens(self, row: AnyRow) -> int:
        """Return the tokens of a row with all that the chat template adds.

        A preference is read twice, with each of its answers. Running text has one token more, at
        its end.
        """
        if row.text:
            return len(self._tokenizer.encode(row.text, add_special_tokens=False).ids) + 1
        return sum(self._tokens_with(row, answer) for answer in row.answers)

    def _tokens_with(self, row: AnyRow, answer: list[Message]) -> int:
        messages = [*row.prompt, *answer]
        text = self._template.text(messages, row.tools) if self._template else None
        if text is not None:
            return len(self._tokenizer.encode(text, add_special_tokens=False).ids)
        texts = [message.text for message in messages]
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        tokens = sum(len(encoding.ids) for encoding in encodings)
        tokens += sum(MARKUP + self._tokens_of(message.role) for message in messages)
        return tokens - 1  # The line feed after the last message is not trained on.

    def _thin_out(self) -> None:
        half = [row for row in self.counted if row.draw < self._share / 2]
        if relative_error(half) <= TOLERANCE or self._most >= LARGEST_SAMPLE:
            self._share /= 2
            self.counted = half
        else:
            self._most *= 2

    def _tokens_of(self, role: str) -> int:
        if role not in self._roles:
            self._roles[role] = len(self._tokenizer.encode(role, add_special_tokens=False).ids)
        return self._roles[role]

    @property
    def characters_a_token(self) -> float | None:
        """The measured rate, or None when no row was counted."""
        tokens = sum(row.tokens for row in self.counted)
        return sum(row.characters for row in self.counted) / tokens if tokens else None


def relative_error(sample: Sequence[Counted]) -> float:
    """Return half the 95% interval of the tokens per character, as a share of their number.

    The standard error is that of the ratio estimator (Cochran, Sampling Techniques, 3rd edition,
    section 6.4).
    """
    rows, tokens = len(sample), sum(row.tokens for row in sample)
    characters = sum(row.characters for row in sample)
    if rows < 2 or not characters:  # noqa: PLR2004 - one row has no spread
        return 1.0
    rate = tokens / characters
    squares = sum((row.tokens - rate * row.characters) ** 2 for row in sample)
    return NORMAL_95 * sqrt(squares / (rows - 1) * rows) / tokens


def _characters(row: AnyRow) -> int:
    """Return the length of a row as the examined rows have it: with calls and tools as JSON."""
    messages = [*row.prompt, *(message for answer in row.answers for message in answer)]
    length = sum(len(message.text) for message in messages)
    return length + (len(msgspec.json.encode(row.tools)) if row.tools else 0)


class Mean(NamedTuple):
    """The mean of a row: its messages, and the messages and characters that the model learns."""

    messages: float = 0.0
    learned: float = 0.0
    learned_characters: float = 0.0


def mean_row(lines: Iterable[bytes]) -> Mean:
    """Return the mean of these encoded rows; zeros without rows."""
    rows = [read_row(line) for line in lines]
    if not rows:
        return Mean()
    learned = [message for row in rows for message in row.learned]
    asked = sum(len(row.prompt) for row in rows)
    characters = sum(len(message.text) for message in learned)
    return Mean(*(count / len(rows) for count in (asked + len(learned), len(learned), characters)))


def token_statistics(
    characters: Sequence[int], sample: TokenSample | None, mean: Mean | None = None
) -> TokenStatistics:
    """Return the token statistics of the training rows.

    Args:
        characters: the rows' lengths, with the system prompt and without a chat template's marks.
        sample: counted rows; their rate of characters includes the marks.
        mean: the mean of a row, to add the marks of its messages where no row was counted, and
            to estimate how many of the tokens are learned.
    """
    mean = mean or Mean()
    measured = sample.characters_a_token if sample else None
    rate = measured or CHARACTERS_A_TOKEN
    marks = 0.0 if measured else mean.messages * (MARKUP + ROLE)
    lengths = sorted(characters)
    rows = len(lengths)
    total = round(sum(lengths) / rate + marks * rows)

    def tokens(at: int) -> int:
        return max(1, round(lengths[at] / rate + marks)) if rows else 0

    return TokenStatistics(
        method="tokenizer" if measured else "characters",
        total=total,
        mean=round(total / rows, 1) if rows else 0.0,
        median=tokens(rows // 2),
        p95=tokens(min(rows - 1, rows * 95 // 100)),
        longest=tokens(-1),
        sample=len(sample.counted) if sample and measured else 0,
        error=_error(sample.counted, rows) if sample and measured else None,
        completion=round(rows * (mean.learned_characters / rate + mean.learned * END_OF_TURN)),
    )


def _error(sample: Sequence[Counted], rows: int) -> float:
    """Return the relative error for this number of rows; 0 when all rows were counted."""
    left_out = max(0.0, 1 - len(sample) / rows)
    return round(relative_error(sample) * sqrt(left_out), 4) if left_out else 0.0


def _tokenizer(content: bytes) -> Any:
    """Return the tokenizer, or None without the library or with an invalid file."""
    try:
        return importlib.import_module("tokenizers").Tokenizer.from_buffer(content)
    except Exception:  # noqa: BLE001 - the library raises bare Exceptions; the estimate remains
        return None
