"""Read JSON into dataclasses: every key known, every type as declared, or one clear error."""

import difflib
import json
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from tuning.errors import ConfigurationError

Document = TypeVar("Document")


def read_strictly(cls: type[Document], path: Path) -> Document:
    """Read the JSON file at `path` as a `cls`, a (possibly nested) dataclass.

    Raises:
        ConfigurationError: naming the file, the key and what was expected.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path.name} is not in the `config` channel: start the job with an object of that name"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{path.name} is not JSON: {error}") from None
    return parse_strictly(cls, content, where=path.name)


def parse_strictly(cls: type[Document], content: Any, *, where: str) -> Document:
    """Make a `cls` of parsed JSON; `where` names the place in error messages.

    Raises:
        ConfigurationError: naming the key and what was expected.
    """
    if not isinstance(content, dict):
        raise ConfigurationError(f"{where} must be an object, not {_kind(content)}")
    declared: dict[str, Field[Any]] = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    _refuse_unknown(content, declared, where)
    _refuse_missing(content, declared, where)
    types = get_type_hints(cls)
    return cls(
        **{key: _read_value(types[key], value, f"{where}: {key}") for key, value in content.items()}
    )


def _refuse_unknown(content: dict[str, Any], declared: dict[str, Any], where: str) -> None:
    for key in content:
        if key not in declared:
            near = difflib.get_close_matches(key, declared, n=1, cutoff=0.5)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(declared)}"
            raise ConfigurationError(f"{where}: unknown key `{key}`; {hint}")


def _refuse_missing(content: dict[str, Any], declared: dict[str, Any], where: str) -> None:
    for name, field in declared.items():
        optional = field.default is not MISSING or field.default_factory is not MISSING
        if name not in content and not optional:
            raise ConfigurationError(f"{where}: key `{name}` is missing")


def _read_value(expected: type, value: Any, where: str) -> Any:
    if is_dataclass(expected):
        return parse_strictly(expected, value, where=where)
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:  # not isinstance: True is no integer here
        raise ConfigurationError(
            f"{where} must be {_NAMES[expected]}, not {_kind(value)} ({json.dumps(value)[:40]})"
        )
    return value


_NAMES = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", type(None): "null"}.get(
        type(value), _NAMES.get(type(value), type(value).__name__)
    )
