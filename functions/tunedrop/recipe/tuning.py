"""`tune` in the recipe: which hyperparameters a tuning job searches, and where."""

from typing import Annotated, Literal, NoReturn

import msgspec
from msgspec import Meta

from tunedrop.recipe.hyperparameters import GivenHyperparameters, Hyperparameters
from tunedrop.recipe.ranges import NumberRange, hyperparameter_ranges
from tunedrop.recipe.section import CHOSEN, Section

Values = Annotated[tuple[int | float | str, ...], Meta(min_length=2, max_length=30)]
"""Two numbers are a range, both included; anything else is a list of values."""
DEFAULT_JOBS = 8
MOST_JOBS = 100
AROUND = 5  # How many times less and more than the chosen learning rate is searched by default.
ON_A_LOG_SCALE = 10.0
"""A range whose end is this many times its beginning is searched on a logarithmic scale."""


class Tune(Section, frozen=True, kw_only=True):
    """A search for better hyperparameters: several training jobs, of which the best is deployed."""

    jobs: Annotated[Annotated[int, Meta(ge=2, le=MOST_JOBS)] | None, CHOSEN] = None
    """Training jobs in all: 8, or with the strategy grid one for each combination. The price of all
    of them counts against `budget_usd`."""
    parallel: Annotated[int, Meta(ge=1, le=10)] = 2
    """Training jobs at the same time."""
    strategy: Literal["bayesian", "random", "grid", "hyperband"] = "bayesian"
    """How SageMaker chooses the values of the next jobs. `grid` tries every combination."""
    parameters: Annotated[
        dict[str, Values] | None, Meta(extra={"instead": "chosen"}, description="names and values")
    ] = None
    """The hyperparameters to search: two numbers are a range (`learning_rate: [1e-5, 1e-3]`), more
    of them, or texts, are the values to try (`lora_rank: [8, 16, 32]`). With grid, two numbers are
    values too. The default is the learning rate, from a fifth to five times the one that would be
    chosen."""


class FloatRange(msgspec.Struct, frozen=True):
    """Any number from `low` to `high`."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"from {self.low:g} to {self.high:g}"

    @property
    def is_logarithmic(self) -> bool:
        """Whether orders of magnitude are searched."""
        return self.low > 0 and self.high / self.low >= ON_A_LOG_SCALE


class IntegerRange(FloatRange, frozen=True):
    """Any whole number from `low` to `high`."""


class ValueList(msgspec.Struct, frozen=True):
    """One of these values, as texts."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.values)


Space = dict[str, FloatRange | IntegerRange | ValueList]
"""Where each tuned hyperparameter is searched, by its name."""


class SpaceError(Exception):
    """The recipe's `tune` cannot be searched; `path` is the key at fault."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def space_of(tune: Tune, learning_rate: float) -> Space:
    """Return where the tuning job searches.

    Args:
        tune: the recipe's `tune`, which has been checked.
        learning_rate: the rate that would be used without tuning.
    """
    if tune.parameters is None:
        low, high = learning_rate / AROUND, min(1.0, learning_rate * AROUND)
        return {"learning_rate": FloatRange(float(f"{low:.2g}"), float(f"{high:.2g}"))}
    return {
        name: _searched(name, values, tune.strategy) for name, values in tune.parameters.items()
    }


def jobs_of(tune: Tune) -> int:
    """Return the number of training jobs."""
    if tune.strategy == "grid" and tune.parameters:
        return combinations(tune.parameters)
    return tune.jobs or DEFAULT_JOBS


def combinations(parameters: dict[str, Values]) -> int:
    """Return how many combinations of the values there are."""
    product = 1
    for values in parameters.values():
        product *= len(values)
    return product


def check_tune(tune: Tune, given: GivenHyperparameters) -> None:
    """Raise SpaceError when SageMaker or the training would refuse the search."""
    names = Hyperparameters.__struct_fields__
    if tune.parameters is not None and not tune.parameters:
        _refuse("tune.parameters", "names no hyperparameter; take it out to tune the learning rate")
    for name, values in (tune.parameters or {}).items():
        path = f"tune.parameters.{name}"
        if name not in names:
            _refuse(path, f"is no hyperparameter; there are {', '.join(names)}")
        if name != "seed" and getattr(given, name) is not None:
            _refuse(path, "stands under hyperparameters too; take it out of one of them")
        _check_values(path, name, values)
    _check_jobs(tune)
    if tune.parameters is None and given.learning_rate is not None:
        _refuse("tune", "searches the learning rate, which stands under hyperparameters too")


def _check_values(path: str, name: str, values: Values) -> None:
    allowed = hyperparameter_ranges()[name]
    kind = next(each for each in msgspec.structs.fields(Hyperparameters) if each.name == name).type
    for value in values:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            text = str(error)
            words = f"{text[0].lower()}{text[1:]}"
            _refuse(path, f"has a value that is not allowed: {words} (given: {value})")
    if len(set(values)) < len(values):
        _refuse(path, "names a value twice")
    if isinstance(allowed, NumberRange) and len(values) == 2 and values[0] > values[1]:  # type: ignore[operator]  # noqa: PLR2004 - a range
        _refuse(path, f"goes from {values[0]} down to {values[1]}; write the smaller number first")


def _check_jobs(tune: Tune) -> None:
    if tune.strategy != "grid":
        return
    if tune.parameters is None:
        _refuse("tune.strategy", "grid tries values; name them under tune.parameters")
    count = combinations(tune.parameters)
    if not 2 <= count <= MOST_JOBS:  # noqa: PLR2004 - one is no search
        _refuse("tune.parameters", f"has {count} combinations; 2 to {MOST_JOBS} are allowed")
    if tune.jobs not in (None, count):
        _refuse("tune.jobs", f"is {tune.jobs}, and the grid has {count} combinations; leave it out")


def _searched(name: str, values: Values, strategy: str) -> FloatRange | ValueList:
    is_range = len(values) == 2 and not any(isinstance(value, str) for value in values)  # noqa: PLR2004
    if not is_range or strategy == "grid":
        return ValueList(tuple(str(value) for value in values))
    low, high = map(float, values)
    kind = next(each for each in msgspec.structs.fields(Hyperparameters) if each.name == name).type
    is_whole = isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.IntType)
    return IntegerRange(low, high) if is_whole else FloatRange(low, high)


def _refuse(path: str, message: str) -> NoReturn:
    raise SpaceError(path, message)
