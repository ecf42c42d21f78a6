"""Multiple choice: a question, its choices, and which of them is right."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from tunedrop.dataset.column_names import ANSWER_KEYS, CHOICE_LISTS, CONTEXT, QUESTIONS
from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message

LETTERS = ascii_uppercase[:10]
FEWEST = 2  # Choices of a question.


def multiple_choices(sample: Sequence[Fields], known: Mapping[str, str]) -> list[Columns]:
    """Return the mapping for a question with choices: in a list, or in columns named by letters.

    Args:
        sample: the first rows.
        known: the columns' names by their names in lower case.
    """
    question = next((known[name] for name in QUESTIONS if name in known), None)
    key = next((known[name] for name in ANSWER_KEYS if name in known), None)
    if question is None or key is None:
        return []
    listed = next((known[name] for name in CHOICE_LISTS if name in known), None)
    mapping = {"question": question, "answer": key}
    if listed and all(_listed(fields.get(listed)) for fields in sample):
        mapping["choices"] = listed
    else:
        columns = _lettered(known)
        if len(columns) < FEWEST:
            return []
        mapping |= {f"choice {letter}": name for letter, name in columns.items()}
    context = next((known[name] for name in (*CONTEXT, "article") if name in known), None)
    if context and context not in mapping.values():
        mapping["context"] = context
    why = f"{question!r} has choices, and {key!r} names the right one; its letter is learnt."
    return [Columns("multiple_choice", mapping, why)]


def _lettered(known: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of choices by their letters: `A`, `option_a` or `choice1`."""
    found = {}
    for number, letter in enumerate(LETTERS, 1):
        names = [letter.lower()]
        for word in ("option", "choice", "ending", "answer", "opt"):
            names += [f"{word}{sep}{end}" for sep in ("_", " ", "") for end in (names[0], number)]
        name = next((known[name] for name in names if name in known), None)
        if name is None:
            break
        found[letter] = name
    return found


class MultipleChoice:
    """The prompt lists the choices with letters; the letter of the right one is the answer."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        mapping = columns.mapping
        self._question, self._answer = mapping["question"], mapping["answer"]
        self._choices = mapping.get("choices")
        self._columns = [name for role, name in mapping.items() if role.startswith("choice ")]
        self._context = mapping.get("context")

    def example(self, record: Record) -> Example:
        """Turn a question into an example."""
        fields = record.fields()
        texts = self._texts(fields)
        listed = "\n".join(f"{LETTERS[at]}. {text}" for at, text in enumerate(texts))
        question = text_of(fields.get(self._question), self._question)
        parts = [question, listed]
        if self._context and fields.get(self._context):
            parts.insert(0, text_of(fields[self._context], self._context))
        letter = LETTERS[self._right(fields, texts)]
        return Example([Message("user", "\n\n".join(parts))], [Message("assistant", letter)])

    def _texts(self, fields: Fields) -> list[str]:
        if self._choices is None:
            given = [fields.get(name) for name in self._columns]
            return [text_of(value, self._columns[0]) for value in given if value not in (None, "")]
        listed = _listed(fields.get(self._choices))
        if not FEWEST <= len(listed) <= len(LETTERS):
            raise RowError(
                "wrong_type", f"{self._choices} is not a list of 2 to 10 choices.", self._choices
            )
        return [text_of(value, self._choices) for value in listed]

    def _right(self, fields: Fields, texts: list[str]) -> int:
        """Return the index of the right choice, given as letter, as index, or as its text."""
        value = fields.get(self._answer)
        given = text_of(value, self._answer)
        names = _names(fields.get(self._choices)) if self._choices else []
        if given in names:
            return names.index(given)
        if given.upper() in LETTERS[: len(texts)]:
            return LETTERS.index(given.upper())
        if given in texts:
            return texts.index(given)
        if given.isdecimal() and int(given) < len(texts):
            return int(given)
        raise RowError(
            "wrong_type",
            f"{self._answer} is {given[:40]!r}, which names none of the {len(texts)} choices.",
            self._answer,
            "Give the letter or the index (from 0) of the right choice, or its text.",
        )


def _listed(value: Any) -> list[Any]:
    """Return the choices of a list, also of ARC's {"text": […], "label": […]}."""
    found = value.get("text") if isinstance(value, dict) else value
    if not isinstance(found, list):
        return []
    return [each.get("text") if isinstance(each, dict) else each for each in found]


def _names(value: Any) -> list[str]:
    """Return the choices' own names, where they have some, such as A, B or 1, 2."""
    found = value.get("label") if isinstance(value, dict) else None
    if isinstance(value, list):
        found = [each.get("label") for each in value if isinstance(each, dict)]
    return [str(name) for name in found] if isinstance(found, list) else []
