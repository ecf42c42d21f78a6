"""The trivial baseline: the most frequent training answer, given to every row."""

from collections import Counter
from collections.abc import Sequence

from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import cut
from tunedrop.documents.rows import Row

MAX_NAME = 40  # Characters of the answer in the baseline's name.


def commonest_answer(dataset: Dataset, train: Sequence[Row]) -> str | None:
    """Return the most common right answer of the training rows; ties go to the first by name.

    None when no answer occurs twice, because a constant answer is then no useful baseline.
    """
    counts = Counter(dataset.splits["train"].labels if "train" in dataset.splits else {})
    if not counts:
        counts = Counter(row.answer.strip() for row in train)
    answer, occurrences = min(counts.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    return answer if occurrences > 1 else None


def trivial_name(answer: str) -> str:
    """Return the baseline's name in tables: always “negative”."""
    return f"always “{cut(' '.join(answer.split()), MAX_NAME)}”"
