"""Further readings of a doubtful file: several columns as the prompt, and the other direction."""

from collections.abc import Iterator, Sequence

from tunedrop.dataset.column_names import ANSWERING
from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.certainty import choice_columns, words_of
from tunedrop.dataset.shapes.content import label_columns, sounds_like, text_columns, values_of
from tunedrop.dataset.shapes.template import prompt_of
from tunedrop.dataset.shapes.wording import named
from tunedrop.documents.dataset import Columns

MOST_LABELS_OFFERED = 3  # Columns of a table that are offered as its label.
MOST_COLUMNS = 12  # Columns of a table that one prompt may contain.


def other_readings(
    columns: Columns, sample: Sequence[Fields], names: Sequence[str]
) -> list[Columns]:
    """Return what else a doubtful file with prompt and answer could mean, without repetitions."""
    found: list[Columns] = []
    for reading in _readings(columns, sample, names):
        same = any(
            (reading.mapping, reading.template) == (each.mapping, each.template)
            for each in (columns, *columns.alternatives, *found)
        )
        if not same:
            found.append(reading)
    return found


def _readings(
    columns: Columns, sample: Sequence[Fields], names: Sequence[str]
) -> Iterator[Columns]:
    mapping = columns.mapping
    unused = [name for name in names if name not in mapping.values()]
    asked = mapping.get("prompt") or mapping.get("text") or ""
    answer = mapping.get("completion") or mapping.get("label") or ""
    choices = choice_columns(sample, unused)
    if choices:
        role = "completion" if "completion" in mapping else "label"
        yield from _of_several([asked, *choices], role, answer, names_shown=choices)
        return
    for name in unused:
        if sounds_like(name, ANSWERING):
            yield _answered(asked, name, f"The name of {named(name)} says that it is the answer.")
    if columns.shape != "text_label":
        return
    texts = text_columns(sample, unused)
    for other in texts[:1]:
        both = [name for name in names if name in (asked, other)]
        yield from _of_several(both, "label", answer)
        yield _answered(asked, other, f"{named(other)} is taken as the answer to {named(asked)}.")
    if not texts:
        yield from _of_a_table(names, sample)


def _answered(asked: str, answer: str, why: str) -> Columns:
    return Columns("prompt_completion", {"prompt": asked, "completion": answer}, why)


def _of_a_table(names: Sequence[str], sample: Sequence[Fields]) -> Iterator[Columns]:
    """Return one reading for each possible label, with all other columns as the prompt."""
    kept = [name for name in names if not _is_number_of_row(name, sample)]
    for label in label_columns(sample, kept)[:MOST_LABELS_OFFERED]:
        others = [name for name in kept if name != label and values_of(sample, name)]
        if len(others) > 1:
            shown = others[:MOST_COLUMNS]
            yield from _of_several(shown, "label", label, names_shown=shown)


def _of_several(
    asked: Sequence[str], role: str, answer: str, names_shown: Sequence[str] = ()
) -> Iterator[Columns]:
    """Return a reading whose prompt is made of several columns, if a template can name them.

    Args:
        asked: the columns of the prompt.
        role: the role of the answer, label or completion.
        answer: the column of the answer.
        names_shown: columns whose names are written before their values.
    """
    template = prompt_of(asked, shown=names_shown, between="\n" if names_shown else "\n\n")
    if template is None:
        return
    shape = "text_label" if role == "label" else "prompt_completion"
    why = f"{', '.join(map(named, asked))} together are taken as the prompt."
    yield Columns(shape, {role: answer}, why, template=template)


def _is_number_of_row(name: str, sample: Sequence[Fields]) -> bool:
    values = values_of(sample, name)
    return len(set(values)) == len(values) and words_of(sample, name) < 1
