"""The contenders of the benchmark of hyperparameters, and the figures of their trials.

The defaults of the others are those of their documents in November 2026. Batches are rows of a
step: rows of a forward pass times accumulated passes, on one device. What a trainer's defaults do
not decide (the length of a row, the layers that are adapted) is the same for all.
"""

import statistics
from collections.abc import Iterable
from math import exp, log
from typing import Any, NamedTuple

from msgspec.structs import replace

from tunedrop.recipe.hyperparameters import Hyperparameters, Scheduler

AUTO = "auto"
FINALISTS = 3
"""Contenders beside `auto` that run with further seeds: those with the lowest first losses."""


class Defaults(NamedTuple):
    """The hyperparameters in which the contenders differ."""

    learning_rate: float
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    batch_size: int
    warmup_fraction: float
    scheduler: Scheduler
    weight_decay: float


DEFAULTS = {
    "trl": Defaults(2e-4, 32, 16, 0.05, 16, 0.0, "linear", 0.0),
    "llamafactory": Defaults(1e-4, 8, 16, 0.0, 8, 0.1, "cosine", 0.0),
    "ms_swift": Defaults(1e-4, 8, 32, 0.05, 16, 0.05, "cosine", 0.1),
    "unsloth": Defaults(2e-4, 16, 16, 0.0, 8, 0.05, "linear", 0.01),
    "axolotl": Defaults(2e-4, 16, 32, 0.05, 8, 0.1, "cosine", 0.0),
}
"""TRL's are those of the LoRA command in its trl/scripts/sft.py and of its ModelConfig."""

CONTENDERS = (AUTO, *DEFAULTS)


def grid_name(factor: float) -> str:
    """Return the name of Tunedrop's choice with its learning rate multiplied."""
    return f"{AUTO}_rate_x{factor:g}"


def values_of(name: str, chosen: Hyperparameters, factors: Iterable[float]) -> Hyperparameters:
    """Return a contender's values. Its checkpoint is the last: it is evaluated only there.

    Args:
        name: `auto`, a name of DEFAULTS, or that of a factor.
        chosen: what Tunedrop chooses for the data.
        factors: those of the grid.
    """
    same = replace(chosen, evaluations_per_epoch=1)
    if name in DEFAULTS:
        return replace(same, gradient_accumulation_steps=1, **DEFAULTS[name]._asdict())
    rates = {grid_name(factor): chosen.learning_rate * factor for factor in factors}
    return replace(same, learning_rate=rates.get(name, chosen.learning_rate))


class Result(NamedTuple):
    """A finished trial: loss in nats for a token of the held-out answers, score 0 to 1."""

    dataset: str
    contender: str
    seed: int
    loss: float
    score: float


def finalists(results: Iterable[Result], dataset: str, first_seed: int) -> list[str]:
    """Return the contenders with the lowest loss of the first seed, beside `auto`."""
    found = {
        each.contender: each.loss
        for each in results
        if (each.dataset, each.seed) == (dataset, first_seed) and each.contender in DEFAULTS
    }
    return sorted(found, key=lambda name: found[name])[:FINALISTS]


def summarised(results: Iterable[Result]) -> dict[str, Any]:
    """Compare `auto` with each contender over the seeds that both have run.

    Returns:
        `ratios`: geometric mean over the datasets of auto's mean loss to the contender's, so
        below 1 is better. `regret`: for each dataset how far auto is behind the best of those that
        ran with most seeds, below 0 when it is the best. `worst_regret`: the largest of them.
        `score_difference`: mean over the datasets of auto's score less the contender's.
    """
    by_key = {each[:3]: each for each in results}
    datasets = sorted({each.dataset for each in by_key.values()})
    names = sorted({each.contender for each in by_key.values()} - {AUTO})
    ratios: dict[str, dict[str, float]] = {name: {} for name in names}
    scores: dict[str, dict[str, float]] = {name: {} for name in names}
    seeds: dict[tuple[str, str], int] = {}
    for dataset in datasets:
        for name in names:
            pairs = [
                (by_key[dataset, AUTO, each.seed], each)
                for each in by_key.values()
                if each[:2] == (dataset, name) and (dataset, AUTO, each.seed) in by_key
            ]
            if pairs:
                own = statistics.mean(mine.loss for mine, _ in pairs)
                ratios[name][dataset] = own / statistics.mean(other.loss for _, other in pairs)
                scores[name][dataset] = statistics.mean(a.score - b.score for a, b in pairs)
                seeds[dataset, name] = len(pairs)
    regret = {each: _regret(each, ratios, seeds) for each in datasets}
    known = {name: value for name, value in regret.items() if value is not None}
    return {
        "ratios": {
            name: round(exp(statistics.mean(map(log, found.values()))), 4)
            for name, found in ratios.items()
            if found
        },
        "regret": known,
        "worst_regret": max(known.values(), default=None),
        "score_difference": {
            name: round(statistics.mean(found.values()), 4)
            for name, found in scores.items()
            if found
        },
    }


def _regret(
    dataset: str, ratios: dict[str, dict[str, float]], seeds: dict[tuple[str, str], int]
) -> float | None:
    """Return auto's distance to the best; the grid of auto itself does not count."""
    ran = [name for name in DEFAULTS if (dataset, name) in seeds]
    most = max((seeds[dataset, name] for name in ran), default=0)
    behind = [ratios[name][dataset] - 1 for name in ran if seeds[dataset, name] == most]
    return round(max(behind), 4) if behind else None
