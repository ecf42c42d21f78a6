"""Say in words what a reading learns, and which lines of recipe.yaml choose it."""

import re
from collections.abc import Sequence

from tunedrop.dataset.shapes.template import Template
from tunedrop.documents.characters import json_line, visible
from tunedrop.documents.dataset import Columns
from tunedrop.documents.figures import cut
from tunedrop.recipe.data import ColumnRoles

MOST_ALTERNATIVES = 2  # Other readings that one line names.
LONGEST_NAME = 60  # Characters of a column's name in a sentence.
SHOWN_COLUMNS = 4  # Columns of a template that a sentence names.
# Only these shapes are chosen by the columns alone; the others also need the rows' structure.
_BY_COLUMNS = frozenset(
    (
        "text_label",
        "prompt_completion",
        "alpaca",
        "text_to_sql",
        "messages",
        "preference",
        "kto",
        "text",
    )
)
_SINGLE = {
    "messages": ("messages", "the assistant's answers in"),
    "chatgpt": ("messages", "the assistant's answers in"),
    "text": ("text", "the texts of"),
}
"""For shapes with a single column: its role, and words that stand before its name."""
_NOT_ASKED = (
    "accepted",
    "inside",
    "translation",
)  # Roles of columns whose values are not in the prompt.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# YAML reads these words as booleans or as nothing.
_YAML_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def learns(columns: Columns) -> str:
    """Return the line that names what is learnt, what else it could be, and how to change it."""
    found = f"Learns: {in_words(columns)}"
    others = [in_words(other) for other in columns.alternatives[:MOST_ALTERNATIVES]]
    if others:
        found += f" (could also be: {'; '.join(others)})"
    return f"{found}; to change it: `{_change(columns)}`"


def in_words(columns: Columns) -> str:
    """Return what a reading learns from what, such as "label from text"."""
    mapping = columns.mapping
    if columns.shape in _SINGLE:
        role, words = _SINGLE[columns.shape]
        return f"{words} {named(mapping[role])}"
    if columns.shape == "preference":
        prompt = f" for {named(mapping['prompt'])}" if "prompt" in mapping else ""
        return f"to prefer {named(mapping['chosen'])} to {named(mapping['rejected'])}{prompt}"
    if columns.shape == "kto":
        learnt = [name for role, name in mapping.items() if role != "label"]
        return f"{_listed(learnt, 'and')}, judged by {named(mapping['label'])}"
    answers = [name for role, name in mapping.items() if _is_answer(role)]
    asked = [
        name for role, name in mapping.items() if not _is_answer(role) and role not in _NOT_ASKED
    ]
    if columns.template:
        asked = Template(columns.template).columns
    if not answers:
        return f"the answers in {_listed(asked, 'and')}"
    return f"{_listed(answers, 'or')} from {_listed(asked, 'and')}"


def recipe_lines(columns: Columns) -> list[str] | None:
    """Return the lines of recipe.yaml that choose this reading; None when none can."""
    mapping = columns.mapping
    known = columns.shape in _BY_COLUMNS and mapping.keys() <= {*ColumnRoles.__struct_fields__}
    if not known:
        return None
    lines = [f"template: {json_line(columns.template)}"] if columns.template else []
    named_roles = (f"  {role}: {recipe_value(name)}" for role, name in mapping.items())
    return [*lines, "columns:", *named_roles]


def named(name: str) -> str:
    """Return a column's name as a sentence shows it: quoted unless it is one word."""
    shown = cut(name, LONGEST_NAME)
    is_word = shown.replace("-", "_").isidentifier()
    return shown if is_word else f"'{visible(shown)}'"


def _change(columns: Columns) -> str:
    """Return the recipe's `columns` for the next reading, or the roles that are to be filled."""
    for other in columns.alternatives:
        if other.template is None and recipe_lines(other):
            roles = ", ".join(
                f"{role}: {recipe_value(name)}" for role, name in other.mapping.items()
            )
            return f"columns: {{{roles}}}"
    if "label" in columns.mapping:
        return "columns: {text: …, label: …}"
    return "columns: {prompt: …, completion: …}"


def _is_answer(role: str) -> bool:
    return role in ("completion", "answer", "to") or role.startswith("label")


def _listed(names: Sequence[str], word: str) -> str:
    shown = [named(name) for name in names[:SHOWN_COLUMNS]]
    if len(names) > SHOWN_COLUMNS:
        shown.append(f"{len(names) - SHOWN_COLUMNS} more")
    *first, last = shown or ["nothing"]
    return f"{', '.join(first)} {word} {last}" if first else last


def recipe_value(name: str) -> str:
    """Return a column's name as recipe.yaml has it: quoted unless it is one plain word."""
    is_plain = _PLAIN.fullmatch(name) and name.lower() not in _YAML_WORDS
    return name if is_plain else json_line(name)
