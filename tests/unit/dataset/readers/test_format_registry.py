"""Every line of the format registry leads to functions that exist, and is told by its bytes."""

from importlib import import_module

import pytest

from tunedrop.dataset.readers.formats import BINARY, TEXT, UNREADABLE, Format, format_of

FUNCTIONS = [
    *TEXT,
    *(each.opener for each in BINARY),
    *(each.peek for each in BINARY if each.peek is not None),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_the_registry_names_exists(name: str) -> None:
    module, _, function = name.partition(":")

    assert callable(getattr(import_module(f"tunedrop.dataset.readers.{module}"), function))


@pytest.mark.parametrize("found", BINARY, ids=lambda found: found.name)
def test_a_format_is_recognised_by_its_first_bytes(found: Format) -> None:
    marks = [mark for mark, _ in found.also[:1]]
    head = b"".join([found.magic, b"....", *marks])

    assert format_of(head) is found


def test_formats_that_are_not_read_are_none_of_those_that_are() -> None:
    assert [magic for magic in UNREADABLE if format_of(magic + b"....") is not None] == []
