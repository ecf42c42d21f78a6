"""The answers of the base model and of the tuned model to the test rows."""

from typing import NamedTuple

import msgspec


class Question(NamedTuple):
    """One row, asked of one model; `at` is the row's position in test.jsonl, from 0.

    With `evaluate.repeats`, each row has so many positions, one after the other.
    """

    at: int
    model: str


class Answer(msgspec.Struct, frozen=True):
    """One model's answer to one row.

    `finish_reason` is the server's word ("stop", "length", …); "length" means that the answer was
    cut at the recipe's `generation.max_tokens`. `seconds` is the duration of this one request.
    """

    text: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class TokenLikelihood(NamedTuple):
    """A token of a text: its id, and the natural logarithm of its likelihood after those before it.

    The first token of a text has no likelihood, so the server does not name it: its `token` is -1
    and its `logprob` is None.
    """

    token: int
    logprob: float | None


class Answers(msgspec.Struct, frozen=True):
    """The answers of both models, in the order of the rows; `seconds` is wall-clock time.

    `few_shot` are the base model's answers with training rows in its prompt; empty if not asked.
    """

    base: list[Answer]
    tuned: list[Answer]
    few_shot: list[Answer] = []
    seconds: float = 0.0


class SavedAnswer(msgspec.Struct, frozen=True):
    """One answer in a part; `line` is the position of its question, from 1."""

    line: int
    model: str
    answer: Answer


class AnswerPart(msgspec.Struct, frozen=True):
    """answers/<attempt>/<number>.json: some of the answers, saved while the models are asked.

    `seconds` is the wall-clock time that these answers took.
    """

    answers: list[SavedAnswer]
    seconds: float


class Continuation(msgspec.Struct, frozen=True):
    """answers/<attempt>/continue.json: its arrival calls a fresh invocation, which goes on.

    `after_invocation` is the id of the invocation whose time was over.
    """

    after_invocation: str
