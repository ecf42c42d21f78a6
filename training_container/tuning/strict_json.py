"""Read JSON into dataclasses: every field present, none unknown, each of the declared type."""

import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, get_origin, get_type_hints

from tuning.errors import ConfigurationError

Document = TypeVar("Document")

SAME_RELEASE: Final = "deploy the functions and the training image from the same release"
"""The remedy for a file that this program does not understand: a function has written it."""


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        ConfigurationError: the file does not exist or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path.name} is not in the `{path.parent.name}` channel: start the job with an object "
            "of that name"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{path.name} is not JSON: {error}; {SAME_RELEASE}") from None


def parse_strictly(cls: type[Document], content: Any, *, where: str) -> Document:
    """Make a `cls`, a (possibly nested) dataclass, of parsed JSON.

    Args:
        cls: the dataclass. Its fields are dataclasses, dictionaries, numbers, texts or booleans.
        content: the parsed JSON.
        where: the place in the file, for error messages.

    Raises:
        ConfigurationError: a field is missing, unknown or of another type.
    """
    if not isinstance(content, dict):
        raise ConfigurationError(f"{where} must be an object, not {_kind(content)}; {SAME_RELEASE}")
    require_fields(content, [field.name for field in fields(cls)], where=where)  # type: ignore[arg-type]
    types = get_type_hints(cls)
    values = {key: _value(types[key], value, f"{where}: {key}") for key, value in content.items()}
    return cls(**values)


def require_fields(content: Mapping[str, Any], names: Collection[str], *, where: str) -> None:
    """Check that an object has exactly the fields `names`.

    Raises:
        ConfigurationError: naming the first unknown or missing field.
    """
    for key in content:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            hint = f"did you mean `{near[0]}`?" if near else f"known fields: {', '.join(names)}"
            raise ConfigurationError(f"{where}: unknown field `{key}` ({hint}); {SAME_RELEASE}")
    for name in names:
        if name not in content:
            raise ConfigurationError(f"{where}: field `{name}` is missing; {SAME_RELEASE}")


def _value(expected: type, value: Any, where: str) -> Any:
    """Return a field's value as the declared type; raise ConfigurationError when it has another."""
    if is_dataclass(expected):
        return parse_strictly(expected, value, where=where)
    expected = get_origin(expected) or expected
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:  # not isinstance: for Python, True is an integer
        found = f"{_kind(value)} ({json.dumps(value)[:40]})"
        raise ConfigurationError(f"{where} must be {_NAMES[expected]}, not {found}; {SAME_RELEASE}")
    return value


_NAMES: Final[dict[type, str]] = {
    int: "an integer",
    float: "a number",
    str: "a text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


def _kind(value: Any) -> str:
    return _NAMES.get(type(value), type(value).__name__)
