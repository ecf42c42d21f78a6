"""Conversations of several turns, for the tests of this folder."""

from typing import Any


def message(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def weighted_row(number: int, *, question: str = "and?") -> dict[str, Any]:
    """Return a row with three answers: the first and the last are trained on, the second is not."""
    return {
        "row": number,
        "prompt": [
            message("user", "one?"),
            message("assistant", "first", weight=1),
            message("user", "two?"),
            message("assistant", "second", weight=0),
            message("user", question),
        ],
        "completion": [message("assistant", "third", weight=1)],
    }
