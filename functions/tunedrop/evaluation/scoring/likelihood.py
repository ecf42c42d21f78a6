"""Likelihoods of texts as answers: how they are written, and the scores made of them.

An answer of a task that is judged by likelihood is the text of a `Likelihoods`. It takes the place
of an answer's words everywhere: it is saved in parts, read and scored.
"""

from collections.abc import Sequence

import msgspec

from tunedrop.documents.answers import Answer
from tunedrop.documents.rows import AnyRow, Message, Row


class Likelihood(msgspec.Struct, frozen=True):
    """The sum of the natural logarithms of the likelihoods of some tokens, and their number."""

    logprob: float
    tokens: int

    @property
    def of_a_token(self) -> float:
        """The mean log-likelihood of a token, in nats."""
        return self.logprob / max(1, self.tokens)


class Likelihoods(msgspec.Struct, frozen=True, omit_defaults=True):
    """How likely a model makes the answer or the text of a row, and the worse answer of a pair."""

    answer: Likelihood
    worse: Likelihood | None = None

    @property
    def text(self) -> str:
        """The likelihoods as the text of an answer."""
        return msgspec.json.encode(self).decode()

    @property
    def in_words(self) -> str:
        """The likelihoods for the reader of a report."""
        if self.worse is None:
            return f"{self.answer.of_a_token:.3f} nats a token"
        return (
            f"better answer {self.answer.of_a_token:.3f}, worse answer "
            f"{self.worse.of_a_token:.3f} nats a token"
        )


read_likelihoods = msgspec.json.Decoder(Likelihoods).decode


class LikelihoodRow(Row, omit_defaults=True, gc=False):
    """A test row of a task that is judged by likelihood.

    `worse` is the other answer of a preference, `good` the judgement of an answer, and `text` a
    running text. Running text is the row's prompt too, so that equal texts are found.
    """

    worse: list[Message] = msgspec.field(default_factory=list)
    good: bool | None = None
    text: str = ""

    @property
    def calls(self) -> bool:
        """Never: what the models answer is likelihoods, also where the row's answer is a call."""
        return False

    @classmethod
    def of(cls, row: AnyRow) -> "LikelihoodRow":
        """Return a line of a split file as such a row."""
        return cls(
            row.row,
            row.prompt or [Message("user", row.text)],
            row.learned,
            cluster=row.cluster,
            worse=row.rejected,
            good=row.label,
            text=row.text,
        )


def margin_of(prediction: str, _gold: str) -> float:
    """Return how much likelier the better answer is than the worse one, in nats a token."""
    found = read_likelihoods(prediction)
    return found.answer.of_a_token - (found.worse.of_a_token if found.worse else 0.0)


def is_preferred(prediction: str, gold: str) -> float:
    """Return 1 when the better answer is likelier a token, otherwise 0."""
    return float(margin_of(prediction, gold) > 0)


def weighted_likelihood(prediction: str, gold: str) -> float:
    """Return the log-likelihood of a token, times the weight that stands in place of the gold."""
    return read_likelihoods(prediction).answer.of_a_token * float(gold)


def weighted_total(prediction: str, gold: str) -> float:
    """Return the log-likelihood of all tokens, times the weight in place of the gold."""
    return read_likelihoods(prediction).answer.logprob * float(gold)


def judgement_weights(rows: Sequence[Row], _answers: Sequence[Answer]) -> list[str]:
    """Return weights whose mean score is the mean of the good answers minus that of the bad ones.

    Without answers of one kind it is the mean of the other kind alone.
    """
    judged = [row.good for row in rows if isinstance(row, LikelihoodRow)]
    good = sum(bool(each) for each in judged)
    bad = len(judged) - good
    return [repr(len(judged) / good if each else -len(judged) / bad) for each in judged]


def token_weights(_rows: Sequence[Row], answers: Sequence[Answer]) -> list[str]:
    """Return weights whose mean score is the log-likelihood of a token of all texts together."""
    tokens = sum(read_likelihoods(each.text).answer.tokens for each in answers)
    return [repr(len(answers) / max(1, tokens))] * len(answers)
