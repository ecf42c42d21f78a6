"""Every reason for which a row is rejected has a text and a remedy."""

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


def test_every_rejection_reason_has_a_text_and_a_remedy() -> None:
    assert raised() == REASONS.keys() == REMEDIES.keys()
