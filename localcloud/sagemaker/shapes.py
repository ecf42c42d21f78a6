"""Checks requests against botocore's model of SageMaker, with the messages that AWS sends.

boto3 checks little before it sends (neither patterns nor most maxima), so the service does.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from botocore.loaders import create_loader
from botocore.model import ServiceModel

from localcloud.sagemaker.errors import validation_error
from localcloud.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}
_SIZED = {"string", "list", "map"}
_NUMBERS = {"integer", "long", "float", "double"}
_SIGNS = r"!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2bff"
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{P}": _SIGNS,
    r"\p{S}": _SIGNS,
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",  # surrogate pairs
}


@functools.cache
def _service() -> Any:
    return ServiceModel(create_loader().load_service_model("sagemaker", "service-2"), "sagemaker")


def is_operation(name: str) -> bool:
    """Whether AWS has an operation of this name."""
    return name in _service().operation_names


def check_request(operation: str, payload: dict[str, Any]) -> None:
    """Raise ServiceError unless `payload` has the shape that AWS requires for `operation`.

    `ValidationException` counts every violation as AWS does; a value of the wrong JSON type is a
    `SerializationException`. A member AWS does not know is refused by name (AWS ignores it).
    """
    violations = list(_violations(payload, _service().operation_model(operation).input_shape, ""))
    if violations:
        plural = "s" if len(violations) > 1 else ""
        raise validation_error(
            f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"
        )


def _violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with `value` and everything in it."""
    _check_type(value, shape, path)
    yield from (_violation(value, path, rule) for rule in _broken_rules(value, shape))
    if shape.type_name == "structure":
        yield from _structure_violations(value, shape, path)
    elif shape.type_name == "list":
        for number, member in enumerate(value, start=1):
            yield from _violations(member, shape.member, f"{path}.{number}.member")
    elif shape.type_name == "map":
        yield from _map_violations(value, shape, path)


def _structure_violations(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _violation(None, _join(path, name), "Member must not be null")
    for name, member in value.items():
        if name not in shape.members:
            known = ", ".join(sorted(shape.members))
            raise validation_error(f"Unknown member '{_join(path, name)}'; AWS knows: {known}")
        if member is not None:
            yield from _violations(member, shape.members[name], _join(path, name))


def _map_violations(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    for key, member in value.items():
        if broken := list(_broken_rules(key, shape.key)):
            yield _violation(
                value, path, f"Map keys must satisfy constraint: [{', '.join(broken)}]"
            )
        _check_type(member, shape.value, f"{path}.{key}")
        if broken := list(_broken_rules(member, shape.value)):
            yield _violation(
                value, path, f"Map value must satisfy constraint: [{', '.join(broken)}]"
            )


def _broken_rules(value: Any, shape: Any) -> Iterator[str]:
    rules = shape.metadata
    noun = "length" if shape.type_name in _SIZED else "value"
    if shape.type_name in _SIZED | _NUMBERS:
        size = len(value) if shape.type_name in _SIZED else value
        if size > rules.get("max", size):
            yield f"Member must have {noun} less than or equal to {rules['max']}"
        if size < rules.get("min", size):
            yield f"Member must have {noun} greater than or equal to {rules['min']}"
    if shape.type_name == "string":
        if "enum" in rules and value not in rules["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]"
        if "pattern" in rules and not python_pattern(rules["pattern"]).fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {rules['pattern']}"


@functools.cache
def python_pattern(java: str) -> re.Pattern[str]:
    """Compile a Java expression of AWS's model: only its Unicode classes differ from Python's."""
    for theirs, ours in _JAVA_CLASSES.items():
        java = java.replace(theirs, ours)
    return re.compile(java, re.DOTALL)


def _check_type(value: Any, shape: Any, path: str) -> None:
    expected = _PYTHON_TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise ServiceError(
            "SerializationException",
            f"{path or 'the request'}: {type(value).__name__} can not be converted to "
            f"a {shape.type_name}",
        )


def _violation(value: Any, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {rule}"


def _join(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel
