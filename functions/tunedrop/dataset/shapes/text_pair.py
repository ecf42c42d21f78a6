"""Two texts with a label: entailment, paraphrases, a question and its passage."""

from collections.abc import Mapping, Sequence

from tunedrop.dataset.column_names import PAIR_LABEL, PAIR_SCORE, TEXT_PAIRS
from tunedrop.dataset.readers.record import Fields, Record
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.dataset.shapes.scores import is_score, scored
from tunedrop.dataset.shapes.text_label import label_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message


def text_pairs(sample: Sequence[Fields], known: Mapping[str, str]) -> list[Columns]:
    """Return the mappings of columns with well-known names for two texts.

    Args:
        sample: the first rows.
        known: the columns' names by their names in lower case.
    """
    found = []
    for one, other in TEXT_PAIRS:
        if one not in known or other not in known:
            continue
        first, second = known[one], known[other]
        judged = next((known[name] for name in PAIR_LABEL + PAIR_SCORE if name in known), None)
        if judged is None:
            continue
        if is_score(sample, judged):
            found += scored([first, second], judged, sample)
            continue
        why = f"{first!r} and {second!r} are the two texts that {judged!r} is about."
        mapping = {"first": first, "second": second, "label": judged}
        found.append(Columns("text_pair", mapping, why))
    return found


class TextPair:
    """The prompt has both texts, each behind its column's name; the label is the answer."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._texts = (columns.mapping["first"], columns.mapping["second"])
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        texts = [f"{name}: {text_of(fields.get(name), name)}" for name in self._texts]
        label = label_of(fields.get(self._label), self._label)
        return Example([Message("user", "\n\n".join(texts))], [Message("assistant", label)])
