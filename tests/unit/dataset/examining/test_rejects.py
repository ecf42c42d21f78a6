"""Every reason for which a row is rejected has words, and says what to do."""

import ast
from pathlib import Path

from tunedrop.dataset.examining.rejects import REASONS, REMEDIES
from tunedrop.dataset.readers import record

SOURCES = Path(record.__file__).parents[1]


def raised() -> set[str]:
    """Return the first argument of every RowError in the sources."""
    calls = [
        node
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RowError"
    ]
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}  # type: ignore[misc]


def test_no_reason_is_without_words_and_no_words_are_without_a_reason() -> None:
    assert raised() == REASONS.keys() == REMEDIES.keys()
