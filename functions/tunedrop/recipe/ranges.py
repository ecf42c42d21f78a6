"""The allowed values of each hyperparameter, read from the schema, as training.json carries them.

The training container checks its values against them, so that it needs no ranges of its own. The
names are those of JSON Schema (https://json-schema.org/draft/2020-12/json-schema-validation).
"""

import msgspec
from msgspec import inspect

from tunedrop.recipe.hyperparameters import Hyperparameters


class NumberRange(msgspec.Struct, frozen=True):
    """A number from `minimum` to `maximum`, both included."""

    minimum: float
    maximum: float


class TextChoice(msgspec.Struct, frozen=True):
    """One of the texts in `enum`."""

    enum: tuple[str, ...]


def hyperparameter_ranges() -> dict[str, NumberRange | TextChoice]:
    """Return the range of each hyperparameter by its name."""
    return {
        field.name: _range_of(inspect.type_info(field.type))
        for field in msgspec.structs.fields(Hyperparameters)
    }


def _range_of(kind: inspect.Type) -> NumberRange | TextChoice:
    if isinstance(kind, inspect.LiteralType):
        return TextChoice(tuple(str(value) for value in kind.values))
    # A hyperparameter without such a range would be a mistake in the schema.
    assert isinstance(kind, inspect.IntType | inspect.FloatType)  # noqa: S101
    assert kind.ge is not None  # noqa: S101
    assert kind.le is not None  # noqa: S101
    return NumberRange(kind.ge, kind.le)
