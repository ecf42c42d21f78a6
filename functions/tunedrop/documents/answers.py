"""The answers of the base model and of the tuned model to the test rows."""

import msgspec


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


class Answers(msgspec.Struct, frozen=True):
    """The answers of both models, in the order of the rows; `seconds` is wall-clock time.

    `few_shot` are the base model's answers with training rows in its prompt; empty if not asked.
    """

    base: list[Answer]
    tuned: list[Answer]
    few_shot: list[Answer] = []
    seconds: float = 0.0
