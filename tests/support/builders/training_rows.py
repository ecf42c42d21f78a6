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


def make_pairs(count: int, *, first_row: int = 1) -> list[dict[str, Any]]:
    """Preference pairs: the answer of `make_rows` is better than the opposite one."""
    pairs = []
    for row in make_rows(count, first_row=first_row):
        answer = row.pop("completion")
        other = "no" if answer[0]["content"] == "yes" else "yes"
        pairs.append(row | {"chosen": answer, "rejected": [{**answer[0], "content": other}]})
    return pairs


def make_judged(count: int, *, first_row: int = 1) -> list[dict[str, Any]]:
    """Judged answers: a right one is good, a wrong one bad; two in three are right."""
    rows = []
    for pair in make_pairs(count, first_row=first_row):
        good = pair["row"] % 3 > 0
        answer = pair.pop("chosen") if good else pair.pop("rejected")
        rows.append(
            {"row": pair["row"], "prompt": pair["prompt"], "completion": answer, "label": good}
        )
    return rows


def make_texts(count: int, *, first_row: int = 1) -> list[dict[str, Any]]:
    """Running text of a few words that occur again and again."""
    return [
        {"row": row["row"], "text": f"{row['prompt'][0]['content']} is a thing. " * 3}
        for row in make_rows(count, first_row=first_row)
    ]


def make_row(number: int, text: str, answer: str) -> dict[str, Any]:
    """One row of a split file."""
    return {
        "row": number,
        "prompt": [{"role": "user", "content": text}],
        "completion": [{"role": "assistant", "content": answer}],
    }
