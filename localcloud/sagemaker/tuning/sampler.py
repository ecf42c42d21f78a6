"""Chooses the hyperparameters of the next trial, as points of a cube with one axis for each.

For the strategy Bayesian, a search around the best point so far stands in for AWS's model of the
objective. Hyperband samples as Random does.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIRST_TRIALS = 3
"""Trials at random points before the search goes on around the best one."""
WIDTH = 0.3
"""Standard deviation of the first step around the best point; an axis has the length 1."""

Point = tuple[float, ...]


class Axis(Protocol):
    """One hyperparameter; a place on it is a number from 0 to 1."""

    @property
    def name(self) -> str:
        """The hyperparameter's name."""

    def text(self, place: float) -> str:
        """The value at this place, as SageMaker hands it over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberAxis:
    """A continuous or an integer range."""

    name: str
    low: float
    high: float
    logarithmic: bool
    whole: bool

    def text(self, place: float) -> str:
        """The number at this place."""
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** place
        else:
            value = self.low + (self.high - self.low) * place
        return str(round(value)) if self.whole else repr(min(self.high, max(self.low, value)))


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAxis:
    """Values in a list."""

    name: str
    values: Sequence[str]

    def text(self, place: float) -> str:
        """The value whose share of the axis this place is in."""
        return self.values[min(len(self.values) - 1, math.floor(place * len(self.values)))]


def axes_of(ranges: dict[str, Any]) -> list[Axis]:
    """The axes of `ParameterRanges`."""
    axes: list[Axis] = [
        NumberAxis(
            name=each["Name"],
            low=float(each["MinValue"]),
            high=float(each["MaxValue"]),
            logarithmic=each.get("ScalingType") == "Logarithmic",
            whole=kind == "Integer",
        )
        for kind in ("Integer", "Continuous")
        for each in ranges.get(f"{kind}ParameterRanges") or []
    ]
    categories = ranges.get("CategoricalParameterRanges") or []
    return [*axes, *(ListAxis(name=each["Name"], values=each["Values"]) for each in categories)]


class Sampler:
    """Yields the hyperparameters of one trial after the other."""

    def __init__(self, strategy: str, axes: Sequence[Axis], seed: int) -> None:
        self._axes = axes
        self._random = Random(seed)  # noqa: S311 - no secret
        self._strategy = strategy
        self._grid = self._combinations()
        self._points: list[Point] = []
        self._best: tuple[float, Point] | None = None

    def next(self) -> dict[str, str]:
        """The values of the next trial, by name."""
        point = next(self._grid) if self._strategy == "Grid" else self._sampled()
        self._points.append(point)
        return {axis.name: axis.text(at) for axis, at in zip(self._axes, point, strict=True)}

    def note(self, number: int, loss: float) -> None:
        """Take the result of a trial, counted from 0; smaller is better."""
        if self._best is None or loss < self._best[0]:
            self._best = (loss, self._points[number])

    def _sampled(self) -> Point:
        tried = len(self._points)
        if self._strategy != "Bayesian" or tried < FIRST_TRIALS or self._best is None:
            return tuple(self._random.random() for _ in self._axes)
        width = WIDTH * FIRST_TRIALS / tried
        return tuple(_reflected(at + self._random.gauss(0, width)) for at in self._best[1])

    def _combinations(self) -> Iterator[Point]:
        lists = [axis.values for axis in self._axes if isinstance(axis, ListAxis)]
        places = [[(at + 0.5) / len(values) for at in range(len(values))] for values in lists]
        return itertools.product(*places)


def _reflected(place: float) -> float:
    """Return a place beyond an end of the axis as far before that end."""
    place = abs(place) % 2
    return 2 - place if place > 1 else place
