"""Find out which columns are prompt and answer, and say why."""

import difflib
from collections.abc import Iterable, Sequence
from itertools import islice

from tunedrop.dataset.document import Columns
from tunedrop.dataset.record import Fields, RowError, Table
from tunedrop.dataset.shapes import messages, text_label
from tunedrop.dataset.shapes.content import label_columns, text_columns
from tunedrop.dataset.shapes.example import Shape
from tunedrop.dataset.shapes.messages import Messages
from tunedrop.dataset.shapes.prompt_completion import PAIRS, PromptCompletion
from tunedrop.dataset.shapes.text_label import TextLabel
from tunedrop.errors import DatasetError
from tunedrop.recipe import Columns as Wanted

SAMPLE = 1_000  # rows looked at

_KINDS: dict[str, type[Messages] | type[PromptCompletion] | type[TextLabel]] = {
    "messages": Messages,
    "prompt_completion": PromptCompletion,
    "alpaca": PromptCompletion,
    "text_label": TextLabel,
}


def find_shape(table: Table, wanted: Wanted) -> Shape:
    """Choose the row shape: as the recipe says, or by the columns' names, or by their content.

    Raises:
        DatasetError: the recipe names a column that is not there, or nothing fits.
    """
    sample = list(_readable(table))
    names = list(dict.fromkeys(name for fields in sample for name in fields))
    named = {role: name for role, name in _asked(wanted).items() if name is not None}
    for name in named.values():
        if sample and name not in names:
            raise _no_such_column(name, names)
    found = _from_recipe(named) or _by_name(names) or _by_content(sample, names)
    if not found:
        raise _unknown_columns(names)
    best, *others = found
    best.alternatives = [_in_words(other) for other in others]
    return _KINDS[best.shape](best)


def _readable(table: Table) -> Iterable[Fields]:
    for record in islice(table.records(), SAMPLE):
        try:
            yield record.fields()
        except RowError:
            continue


def _asked(wanted: Wanted) -> dict[str, str | None]:
    return {role: getattr(wanted, role) for role in wanted.__struct_fields__}


def _from_recipe(named: dict[str, str]) -> list[Columns]:
    why = "The recipe says so."
    if "messages" in named:
        return [Columns("messages", named, why)]
    if "prompt" in named and "completion" in named:
        return [Columns("prompt_completion", named, why)]
    if "text" in named and "label" in named:
        return [Columns("text_label", named, why)]
    if named:
        raise DatasetError(
            f"The recipe names only the columns {', '.join(named)}.",
            "Name text and label, or prompt and completion, or messages.",
        )
    return []


def _by_name(names: Sequence[str]) -> list[Columns]:
    """Return the mappings whose columns have well-known names, the likeliest first."""
    known = {name.lower(): name for name in reversed(names)}
    found = []
    for name in messages.NAMES:
        if name in known:
            why = f"The column {known[name]!r} holds conversations."
            found.append(Columns("messages", {"messages": known[name]}, why))
    for asks, answers in PAIRS:
        if asks in known and answers in known:
            found.append(_pair(known, asks, answers))
    for text in text_label.TEXT_NAMES:
        for label in text_label.LABEL_NAMES:
            if text in known and label in known and (text, label) not in PAIRS:
                why = (
                    f"The columns {known[text]!r} and {known[label]!r} are text and label by name."
                )
                mapping = {"text": known[text], "label": known[label]}
                found.append(Columns("text_label", mapping, why))
    return found


def _pair(known: dict[str, str], asks: str, answers: str) -> Columns:
    mapping = {"prompt": known[asks], "completion": known[answers]}
    if asks == "instruction" and "input" in known:
        mapping["input"] = known["input"]
    if "system" in known:
        mapping["system"] = known["system"]
    listed = ", ".join(repr(name) for name in mapping.values())
    shape = "alpaca" if asks == "instruction" else "prompt_completion"
    return Columns(shape, mapping, f"The columns {listed} ask and answer by name.")


def _by_content(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return mappings that the values suggest: long text beside few short values, or two texts."""
    texts = text_columns(sample, names)
    labels = label_columns(sample, [name for name in names if name not in texts[:1]])
    found = [
        Columns(
            "text_label",
            {"text": text, "label": label},
            f"{text!r} holds long, varied text and {label!r} few, short, repeated values.",
        )
        for text in texts
        for label in labels
        if text != label
    ]
    if len(texts) == 2:  # noqa: PLR2004 - one asks, one answers
        why = "Two columns hold text; the first is taken to ask and the second to answer."
        mapping = {"prompt": texts[0], "completion": texts[1]}
        ordered = sorted(texts, key=list(names).index)
        mapping = {"prompt": ordered[0], "completion": ordered[1]}
        found.append(Columns("prompt_completion", mapping, why))
    return found


def _in_words(columns: Columns) -> str:
    parts = ", ".join(f"{role}: {name}" for role, name in columns.mapping.items())
    return f"{columns.shape} ({parts})"


def _no_such_column(name: str, names: list[str]) -> DatasetError:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return DatasetError(
        f"The recipe names the column {name!r}, which the file does not have.{hint}",
        f"The file's columns are: {', '.join(names)}.",
    )


def _unknown_columns(names: list[str]) -> DatasetError:
    if not names:
        return DatasetError("The file has no readable row.", "Drop a file with readable rows.")
    return DatasetError(
        f"None of the columns is known as prompt or answer: {', '.join(names[:20])}.",
        "Name them in recipe.yaml, for example: columns: {text: …, label: …}.",
    )
