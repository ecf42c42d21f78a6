"""The allowed values of a recipe key in words, for docs/recipe.md and for error messages."""

from typing import Any, NamedTuple

import msgspec
from msgspec import inspect as types


class Unwrapped(NamedTuple):
    """A type without None, the description of its values, and what stands for a default.

    `instead` is "found" or "chosen" where the value comes from the data or the model, else "".
    """

    kind: types.Type
    described: str
    instead: str


def field_at(section: type[msgspec.Struct], path: str) -> types.Field | None:
    """Return the field of the key at a path such as `split.test`, or None for a whole block."""
    kind = types.type_info(section)
    field = None
    for name in path.split("."):
        if not isinstance(kind, types.StructType):
            return None
        field = next((each for each in kind.fields if each.name == name), None)
        if field is None:
            return None
        kind = unwrapped(field.type).kind
    return None if isinstance(kind, types.StructType) else field


def unwrapped(kind: types.Type) -> Unwrapped:
    """Return what a type consists of."""
    described, instead = "", ""
    while isinstance(kind, types.Metadata | types.UnionType):
        if isinstance(kind, types.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, types.NoneType))
            continue
        instead = instead or str((kind.extra or {}).get("instead", ""))
        described = described or str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    return Unwrapped(kind, described, instead)


def allowed(kind: types.Type) -> str:
    """Return the allowed values of a type, in Markdown."""
    kind, described, _ = unwrapped(kind)
    if described:
        return described
    if isinstance(kind, types.LiteralType):
        return ", ".join(f"`{value}`" for value in kind.values)
    if isinstance(kind, types.IntType | types.FloatType):
        return _range(kind)
    if isinstance(kind, types.VarTupleType):
        return f"{_length(kind)}{allowed(kind.item_type)}"
    return "`true`, `false`" if isinstance(kind, types.BoolType) else "any"


def default_of(field: types.Field) -> str:
    """Return the default of a field in Markdown: found, chosen, or a value."""
    return unwrapped(field.type).instead or _default(field.default)


def _default(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return f"`{', '.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _range(kind: types.IntType | types.FloatType) -> str:
    if kind.ge is not None and kind.ge == kind.le:
        return f"only {kind.ge}"
    if kind.ge is not None and kind.le is not None:
        return f"{_number(kind.ge)} to {_number(kind.le)}"
    bounds = (("above", kind.gt), ("at least", kind.ge), ("below", kind.lt), ("at most", kind.le))
    return ", ".join(f"{word} {_number(value)}" for word, value in bounds if value is not None)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _length(kind: types.VarTupleType) -> str:
    return f"{kind.min_length} to {kind.max_length} of " if kind.max_length else ""
