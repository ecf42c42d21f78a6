"""Small files in the image of real ones whose columns do not say what is to be learnt."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

NAMES = (
    "Braund, Mr. Owen",
    "Heikkinen, Miss Laina",
    "Allen, Mr. William Henry",
    "Moran, Mrs. Jane",
)
TOPICS = ("the parcel", "the invoice", "the password", "the refund", "the broken lamp")
STATES = ("NY", "CA", "TX", "WA")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV file."""
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue()


def as_lines(rows: Iterable[dict[str, object]]) -> str:
    """Return a JSON Lines file."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def passengers() -> str:
    """Return a table of persons: a name, and several columns that could be the label."""
    header = ("PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "Embarked")
    return as_csv(
        header,
        (
            (
                n,
                n % 2,
                n % 3 + 1,
                f"{NAMES[n % 4]} of cabin {n}",
                ("male", "female")[n % 2],
                20 + n % 37,
                "SCQ"[n % 3],
            )
            for n in range(1, 61)
        ),
    )


def sightings() -> str:
    """Return a table whose only column with spaces is a time."""
    return as_csv(
        ("City", "Shape Reported", "State", "Time"),
        (
            (
                f"Ithaca{n}",
                ("LIGHT", "DISK")[n % 2],
                STATES[n % 4],
                f"{n % 12 + 1}/{n % 27 + 1}/19{30 + n} 22:00",
            )
            for n in range(60)
        ),
    )


def code_and_comment() -> str:
    """Return two columns of text whose names do not say which of them is the answer."""
    return as_csv(
        ("code", "comment"),
        (
            (f"def add_{n}(a, b): return a + b + {n}", f"Adds two numbers and the constant {n}.")
            for n in range(40)
        ),
    )


def multiple_choice() -> str:
    """Return questions whose answer is the number of a choice."""
    return as_lines(
        {
            "question": f"Which number comes after {n}?",
            "subject": "counting",
            "choices": [str(n), str(n + 1), str(n + 2), str(n + 3)],
            "answer": n % 4,
        }
        for n in range(40)
    )


def lettered_choices() -> str:
    """Return questions with one column for each choice, and a letter as the answer."""
    return as_csv(
        ("input", "A", "B", "C", "D", "output"),
        (
            (f"Which number comes after {n}?", f"number {n}", f"number {n + 1}", f"number {n + 2}",
             f"number {n + 3}", "ABCD"[n % 4])
            for n in range(40)
        ),
    )  # fmt: skip


def squad() -> str:
    """Return questions about passages, whose answers are in an object."""
    return as_lines(
        {
            "id": f"57{n:04}",
            "title": ("Bees", "Rivers")[n % 2],
            "context": f"The hive of street {n} has {n + 100} bees and stands behind the old mill.",
            "question": f"How many bees live in the hive of street {n}?",
            "answers": {"text": [str(n + 100)], "answer_start": [26]},
        }
        for n in range(40)
    )


def paraphrases() -> str:
    """Return pairs of sentences, and whether they mean the same."""
    return as_csv(
        ("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"),
        (
            (n % 2, 7000 + n, 9000 + n, f"The court heard case number {n} on Monday morning.",
             f"On Monday morning, case number {n} was heard in court.")
            for n in range(40)
        ),
    )  # fmt: skip


def support_tickets() -> str:
    """Return questions with answers, beside a column that looks like a label."""
    return as_csv(
        ("ticket_id", "customer_question", "agent_reply", "department"),
        (
            (n, f"What happened to {TOPICS[n % 5]} of order {n}?",
             f"I am sorry about {TOPICS[n % 5]}. We have looked at order {n} and will write today.",
             ("billing", "delivery")[n % 2])
            for n in range(40)
        ),
    )  # fmt: skip


def similarities() -> str:
    """Return pairs of sentences with a score of their similarity."""
    return as_csv(
        ("sentence1", "sentence2", "score"),
        ((f"Train {n} arrives late.", f"The train number {n} has a delay.", n * 7 % 50 / 10)
         for n in range(40)),
    )  # fmt: skip


def toxicities() -> str:
    """Return remarks with a score between 0 and 1."""
    return as_csv(
        ("remark", "toxicity"),
        ((f"Remark {n} about {TOPICS[n % 5]} of my order", n * 13 % 97 / 97) for n in range(40)),
    )


def half_stars() -> str:
    """Return reviews with half stars, below well-known names."""
    return as_csv(
        ("review", "stars"),
        ((f"Review {n} of {TOPICS[n % 5]}, which I did not expect", n % 5 / 2) for n in range(40)),
    )


def grades() -> str:
    """Return essays with a score of whole numbers, nearly each of which is another one."""
    return as_csv(
        ("essay", "score"),
        ((f"My essay {n} is about {TOPICS[n % 5]} and why it matters", n * 37 % 101)
         for n in range(40)),
    )  # fmt: skip
