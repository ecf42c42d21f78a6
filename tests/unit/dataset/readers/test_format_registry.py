"""Every format of the registry names functions that exist and is recognised by its first bytes."""

from importlib import import_module

import pytest

from tunedrop.dataset.readers.formats import BINARY, TEXT, UNREADABLE, Format, format_of

FUNCTIONS = [
    *TEXT,
    *(each.opener for each in BINARY),
    *(each.peek for each in BINARY if each.peek is not None),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_the_registry_names_exists(name: str) -> None:
    # Given
    module, _, function = name.partition(":")

    # Then
    assert callable(getattr(import_module(f"tunedrop.dataset.readers.{module}"), function))


@pytest.mark.parametrize("found", BINARY, ids=lambda found: found.name)
def test_a_format_is_recognised_by_its_first_bytes(found: Format) -> None:
    # Given
    marks = [mark for mark, _ in found.also[:1]]
    head = b"".join([found.magic, b"....", *marks])

    # Then
    assert format_of(head) is found


def test_no_unreadable_format_is_recognised_as_a_readable_one() -> None:
    assert [magic for magic in UNREADABLE if format_of(magic + b"....") is not None] == []
