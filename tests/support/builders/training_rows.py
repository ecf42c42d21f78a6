"""Rows of a split file that a tiny model learns in seconds."""

from typing import Any

KINDS = {"yes": ("good", "great", "lovely"), "no": ("bad", "awful", "ugly")}
THINGS = ("film", "book", "song", "game", "dish", "hotel", "phone", "coat", "train", "bread")


def make_rows(count: int, *, first_row: int = 1) -> list[dict[str, Any]]:
    """Short texts of two kinds, answered with yes and no in turn; the order is not learnable."""
    rows = []
    for number in range(first_row, first_row + count):
        answer = ("yes", "no")[number % 2]
        words = KINDS[answer]
        text = f"a {words[number // 2 % len(words)]} {THINGS[number // 3 % len(THINGS)]}"
        rows.append(make_row(number, text, answer))
    return rows


def make_row(number: int, text: str, answer: str) -> dict[str, Any]:
    """One row of a split file."""
    return {
        "row": number,
        "prompt": [{"role": "user", "content": text}],
        "completion": [{"role": "assistant", "content": answer}],
    }
