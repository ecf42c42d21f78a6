"""rejected.jsonl: every row that was not used, with its place, its reason and the remedy.

`REASONS` describes each code so that it can follow a number of rows; `REMEDIES` says what to do.
"""

from collections import Counter
from typing import BinaryIO

import msgspec

from tunedrop.dataset.checks.private import redacted
from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.documents.rows import Rejected
from tunedrop.errors import Problem

REASONS = {
    "bad_arguments": "with a tool call whose arguments are not a JSON object",
    "bad_role": "with an unknown role",
    "bad_weight": "with an invalid weight",
    "column_count": "with more values than columns",
    "conflicting_label": "with another label than other rows with the same text",
    "control_token": "with a token of a chat template in the text",
    "different_prompts": "whose two conversations begin differently",
    "empty": "with a missing or empty value",
    "garbled_text": "garbled beyond repair",
    "invalid_csv": "with invalid CSV",
    "invalid_encoding": "with bytes that are not UTF-8",
    "invalid_json": "with invalid JSON",
    "no_answer": "without an answer at the end",
    "no_question": "without a message from the user",
    "not_accepted": "whose label the annotator did not accept",
    "not_an_object": "that are not a JSON object",
    "not_labelled": "without a label",
    "not_one_label": "with no label or several",
    "not_text": "with pictures, sound or files",
    "nothing_to_learn": "whose answers all have weight 0",
    "personal_data": "with personal data",
    "row_too_long": "longer than 16 MB",
    "same_answers": "whose two answers are the same",
    "secret": "with a key, token or password",
    "source_ref": "whose text is in another object",
    "stray_quote": "with a quote inside a quoted value",
    "too_deep": "nested too deep",
    "unclosed_quote": "with a quote that is never closed",
    "unknown_key": "with an unknown key in a message",
    "wrong_type": "with a value of the wrong type",
}

REMEDIES = {
    "bad_arguments": "Write the arguments as one JSON object, as text.",
    "bad_role": "Name every role system, user, assistant or tool.",
    "bad_weight": "Give answers the weight 0 or 1, and other messages none.",
    "column_count": "Put quotes around values that contain the delimiter.",
    "conflicting_label": "Choose one label and remove the other rows.",
    "control_token": "Remove the token, or write the turns as messages.",
    "different_prompts": "Let both answers follow the same conversation.",
    "empty": "Fill the value in, or leave the row out.",
    "garbled_text": "Export the file again as UTF-8.",
    "invalid_csv": "Put quotes around the value, and double the quotes inside it.",
    "invalid_encoding": "Save the file as UTF-8.",
    "invalid_json": "Write one whole JSON object a line, with a JSON library.",
    "no_answer": "End each conversation with the assistant's answer.",
    "no_question": "Begin each conversation with what the user asks.",
    "not_accepted": "Nothing, or annotate the row again.",
    "not_an_object": "Write each row as a JSON object with named values.",
    "not_labelled": "Label the row, or leave it out.",
    "not_one_label": "Mark exactly one label with 1.",
    "not_text": "Leave text parts only: other kinds are not trained on.",
    "nothing_to_learn": "Give at least one answer the weight 1.",
    "personal_data": "Remove it, or set pii: mask in recipe.yaml.",
    "row_too_long": "Check for a missing line end, or split the text into several rows.",
    "same_answers": "Give two answers that differ, or leave the row out.",
    "secret": "Remove it, and revoke it; or set secrets: mask in recipe.yaml.",
    "source_ref": "Put the text itself into the row, as `source`.",
    "stray_quote": "Double the quotes inside a quoted value.",
    "too_deep": "Write the value as text, or flatten it.",
    "unclosed_quote": "Close the quote, or double it where it belongs to the text.",
    "unknown_key": "Leave only role, content, weight and the tool fields in a message.",
    "wrong_type": "Write the value in the type that the other rows have.",
}

LONGEST_EXCERPT = 120  # Characters of an example row.
LONGEST_MESSAGE = 240  # Characters of a message, which may quote a value of any length.


class Rejects:
    """Rejected rows: `reasons` counts them, `examples` has one row for each reason.

    `waiting` are the lines that are not yet written.
    """

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.reasons: Counter[str] = Counter()
        self.examples: dict[str, Rejected] = {}

    def add(self, record: Record, error: RowError) -> None:
        """Add a row."""
        rejected = Rejected(
            reason=error.reason,
            message=error.message,
            row=record.row,
            file=record.file,
            line=record.line,
            column=error.column,
            fix=error.fix,
            content=record.content,
        )
        self.waiting += msgspec.json.encode(rejected) + b"\n"
        self.reasons[error.reason] += 1
        self.examples.setdefault(error.reason, rejected)

    def take(self, later: "Rejects") -> None:
        """Add the rejects of later rows."""
        self.waiting += later.waiting
        self.reasons.update(later.reasons)
        self.examples = later.examples | self.examples

    def write(self, file: BinaryIO) -> None:
        """Write the waiting lines."""
        file.write(self.waiting)
        self.waiting.clear()

    def total(self) -> int:
        """Return how many rows were rejected."""
        return self.reasons.total()

    def problems(self, name: str) -> list[Problem]:
        """Return the kinds of faults in the rows, the most frequent first.

        Args:
            name: the file name for rows that do not name their file.
        """
        return [
            _problem(count, self.examples[reason], name)
            for reason, count in self.reasons.most_common()
        ]


def _problem(rows: int, example: Rejected, name: str) -> Problem:
    line = f"line {example.line}" if example.line else f"row {example.row}"
    return Problem(
        rows=rows,
        meaning=REASONS[example.reason],
        place=f"{line} of {example.file or name}",
        message=shown(example.message, LONGEST_MESSAGE),
        excerpt=shown(example.content or "", LONGEST_EXCERPT),
        fix=example.fix or REMEDIES[example.reason],
    )


def shown(text: str, longest: int) -> str:
    """Return the beginning of a text as one line for an email, without private data."""
    visible = (char if char.isprintable() else " " for char in redacted(text))
    line = " ".join("".join(visible).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
