"""Find the columns of prompt and answer, and explain the choice."""

import difflib
from collections.abc import Callable, Iterable, Sequence

from tunedrop.dataset.readers.parts import Parts
from tunedrop.dataset.readers.record import Fields, Record, RowError, Table
from tunedrop.dataset.shapes.by_name import by_name
from tunedrop.dataset.shapes.by_recipe import by_recipe, completed
from tunedrop.dataset.shapes.certainty import with_certainty
from tunedrop.dataset.shapes.chatgpt import ChatGPT
from tunedrop.dataset.shapes.content import by_content
from tunedrop.dataset.shapes.example import Example, Kind, Shape
from tunedrop.dataset.shapes.exchange import Exchange
from tunedrop.dataset.shapes.ground_truth import GroundTruth
from tunedrop.dataset.shapes.groups import find_group
from tunedrop.dataset.shapes.label_studio import LabelStudio
from tunedrop.dataset.shapes.messages import Messages
from tunedrop.dataset.shapes.multiple_choice import MultipleChoice
from tunedrop.dataset.shapes.nested import INSIDE, Nested, nested
from tunedrop.dataset.shapes.other_readings import other_readings
from tunedrop.dataset.shapes.preference import Judged, Preference
from tunedrop.dataset.shapes.prodigy import Prodigy
from tunedrop.dataset.shapes.prompt_completion import PromptCompletion
from tunedrop.dataset.shapes.scores import scored_by_content
from tunedrop.dataset.shapes.template import Template
from tunedrop.dataset.shapes.text_label import OneHot, TextAlone, TextLabel
from tunedrop.dataset.shapes.text_pair import TextPair
from tunedrop.dataset.shapes.transcript import Transcript
from tunedrop.dataset.shapes.translation import Translation
from tunedrop.dataset.shapes.unused import unused_columns, used_columns
from tunedrop.documents.dataset import Columns, GroupColumn
from tunedrop.errors import DatasetError
from tunedrop.recipe.data import ColumnRoles
from tunedrop.recipe.schema import Recipe

SAMPLE = 1_000  # Readable rows from which the shape is inferred.

_SHAPES: dict[str, Callable[[Columns], Shape]] = {
    "messages": Messages,
    "chatgpt": ChatGPT,
    "exchange": Exchange,
    "prompt_completion": PromptCompletion,
    "alpaca": PromptCompletion,
    "text_to_sql": PromptCompletion,
    "text_label": TextLabel,
    "one_hot": OneHot,
    "ground_truth": GroundTruth,
    "prodigy": Prodigy,
    "preference": Preference,
    "kto": Judged,
    "text_pair": TextPair,
    "label_studio": LabelStudio,
    "multiple_choice": MultipleChoice,
    "transcript": Transcript,
    "translation": Translation,
    "text": TextAlone,
}


LABELLED = frozenset(
    (
        "text_label",
        "one_hot",
        "ground_truth",
        "prodigy",
        "text_pair",
        "label_studio",
        "multiple_choice",
    )
)
"""Shapes whose answer is a column of labels."""


class Unreadable:
    """The shape of a file without a readable row: each row is rejected with its own reason."""

    kind: Kind = "answers"
    columns = Columns("none", {}, "No row could be read.")

    def example(self, record: Record) -> Example:
        """Reject the row."""
        record.fields()
        raise RowError("empty", "The row is empty.")


def find_shape(table: Parts, recipe: Recipe) -> Shape:
    """Choose the row shape by the recipe, by the columns' names, or by their contents.

    A reading of texts whose encoding was guessed is probable at most.

    Raises:
        DatasetError: the recipe names a missing column, or no shape fits.
    """
    sample = list(_readable(table))
    names = list(dict.fromkeys(name for fields in sample for name in fields))
    named = {role: name for role, name in _asked(recipe.columns).items() if name is not None}
    filled = Template(recipe.template) if recipe.template else None
    group_by = [recipe.split.group_by] if isinstance(recipe.split.group_by, str) else []
    for name in (*named.values(), *(filled.columns if filled else ()), *group_by):
        if sample and name not in names:
            raise _no_such_column(name, names)
    if not names:
        return Unreadable()
    best = _with_template(filled, named) if filled else _best(sample, names, named)
    if table.guessed and best.certainty == "certain":
        best.certainty = "probable"
    if best.certainty == "doubtful":
        further = other_readings(best, sample, names)
        best.alternatives = [*further, *best.alternatives]
    best.group = _group(best, recipe, sample, names)
    best.unused = unused_columns(best, sample, names)
    return shape_of(best, recipe)


def _group(
    columns: Columns, recipe: Recipe, sample: Sequence[Fields], names: Sequence[str]
) -> GroupColumn | None:
    """Return the column that keeps rows in one split: the recipe's, or one that is found."""
    wanted = recipe.split.group_by
    if wanted is None:
        return find_group(sample, names, used_columns(columns))
    return GroupColumn(wanted) if isinstance(wanted, str) else None


def _best(sample: Sequence[Fields], names: list[str], named: dict[str, str]) -> Columns:
    """Return the most likely reading with its certainty and its alternatives.

    Raises:
        DatasetError: no shape fits.
    """
    found, by_names = by_recipe(named), True
    if not found:
        guesses = by_name(sample, names) or nested(sample, names, by_name)
        by_names = bool(guesses)
        guesses = guesses or _by_content(sample, names)
        found = completed(named, guesses, sample, names) if named else guesses
    if not found:
        raise _unknown_columns(names)
    best, *others = found
    asked = _question_of(best)
    # Another answer to the same question is more likely than another question.
    best.alternatives = sorted(others, key=lambda other: _question_of(other) != asked)
    if named:  # The recipe decides: what it does not name is told, but not asked.
        best.certainty = "certain" if by_recipe(named) else "probable"
        if best.doubt:
            best.certainty = "doubtful"
        return best
    return with_certainty(best, "certain" if by_names else "probable", sample)


def _by_content(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mappings that the values suggest; a score stands for the label that is missing."""
    found = by_content(sample, names)
    answers = [each for each in found if each.shape != "text"]
    has_label = any(each.shape in LABELLED for each in answers)
    scores = [] if has_label else scored_by_content(sample, names)
    return [*answers, *scores] or found


def _question_of(columns: Columns) -> str | None:
    return columns.mapping.get("prompt") or columns.mapping.get("text")


def shape_of(columns: Columns, recipe: Recipe) -> Shape:
    """Return the shape of a mapping that `find_shape` has found."""
    if columns == Unreadable.columns:
        return Unreadable()
    text = columns.template or recipe.template
    template = Template(text) if text else None
    if template is None:
        shape = _SHAPES[columns.shape](columns)
        return Nested(shape, columns) if INSIDE in columns.mapping else shape
    return (TextLabel if columns.shape == "text_label" else PromptCompletion)(columns, template)


def _readable(table: Table) -> Iterable[Fields]:
    found = 0
    for record in table.records():
        try:
            yield record.fields()
        except RowError:
            continue
        found += 1
        if found == SAMPLE:
            return


def _asked(wanted: ColumnRoles) -> dict[str, str | None]:
    return {role: getattr(wanted, role) for role in wanted.__struct_fields__}


def _with_template(template: Template, named: dict[str, str]) -> Columns:
    why = f"The recipe's template makes the prompt of {', '.join(template.columns)}."
    for answer, shape in (("label", "text_label"), ("completion", "prompt_completion")):
        if answer in named:
            return Columns(shape, named, why, template=template.text)
    raise DatasetError(
        "The recipe has a template but names no answer.",
        "Name the answer's column too: columns: {completion: …} or columns: {label: …}.",
    )


def _no_such_column(name: str, names: Sequence[str]) -> DatasetError:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return DatasetError(
        f"The recipe names the column {name!r}, which the file does not have.{hint}",
        f"The file's columns are: {', '.join(names)}.",
    )


def _unknown_columns(names: list[str]) -> DatasetError:
    return DatasetError(
        f"None of the columns is known as prompt or answer: {', '.join(names[:20])}.",
        "Name them in recipe.yaml, for example: columns: {text: …, label: …}.",
    )
