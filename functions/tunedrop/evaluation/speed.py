"""How fast each model answered, and how its answers ended."""

from collections.abc import Sequence
from math import ceil

from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.asking import Asking, ModelSpeed


def asking_of(answers: Answers) -> Asking:
    """Return the figures of all answers and of each model's."""
    every_model = {"base": answers.base, "tuned": answers.tuned, "few_shot": answers.few_shot}
    models = {name: each for name, each in every_model.items() if each}
    every = [answer for each in models.values() for answer in each]
    whole = sum(answer.seconds for answer in every)
    return Asking(
        answers=len(every),
        seconds=round(answers.seconds, 1),
        prompt_tokens=sum(answer.prompt_tokens for answer in every),
        completion_tokens=sum(answer.completion_tokens for answer in every),
        models={name: _speed(each, whole, 1 / len(models)) for name, each in models.items()},
    )


def _speed(answers: Sequence[Answer], whole: float, equal: float) -> ModelSpeed:
    """Return one model's figures; `whole` is the sum of the seconds of all models' answers.

    `equal` is the share of the time of one of the models, for answers without times.
    """
    seconds = sorted(answer.seconds for answer in answers)
    busy = sum(seconds)
    tokens = sum(answer.completion_tokens for answer in answers)
    return ModelSpeed(
        answers=len(answers),
        median_seconds=round(quantile(seconds, 0.5), 3),
        p95_seconds=round(quantile(seconds, 0.95), 3),
        tokens_a_second=round(tokens / busy, 1) if busy else None,
        stopped=sum(answer.finish_reason == "stop" for answer in answers),
        truncated=sum(answer.finish_reason == "length" for answer in answers),
        share_of_time=round(busy / whole, 4) if whole else equal,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed.

    This is the inverse of the empirical distribution: Hyndman and Fan (1996), type 1.
    """
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
