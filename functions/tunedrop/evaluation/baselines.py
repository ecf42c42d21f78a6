"""What the tuned model must beat to be worth its price, besides the base model.

    few_shot   the base model with some training rows as examples in its prompt
    commonest  the most frequent right answer of the training rows, given to every test row
    nearest    the right answer of the training row that shares the most words, copied

A new baseline is a `Rival` of `rivals_without_a_model`, or one beside `few_shot_rival`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import log, sqrt
from typing import NamedTuple

from tunedrop.documents.dataset import Dataset
from tunedrop.documents.figures import count, cut
from tunedrop.documents.judgement import BaselineKind
from tunedrop.documents.rows import Row
from tunedrop.evaluation.scoring.labels import normalise
from tunedrop.evaluation.scoring.text import tokens

MAX_NAME = 40  # Characters of an answer in the name of a baseline.
FEWEST_WORDS = 6  # In a shorter prompt, a single word changes the likeness too much.
ALIKE = 0.8  # Share of word sequences from which on two prompts count as nearly the same.
MOST_ROWS_OF_A_WORD = 200  # Words of more training rows say little and would take long to compare.


class Rival(NamedTuple):
    """A baseline before it is scored.

    `name` is for tables, `subject` for the beginning of a sentence; `answers` are as written, one
    for each test row.
    """

    kind: BaselineKind
    name: str
    subject: str
    answers: Sequence[str]


def few_shot_rival(examples: Sequence[Row], answers: Sequence[str]) -> Rival:
    """Return the base model with examples in its prompt."""
    return Rival(
        "few_shot",
        f"base with {count(len(examples), 'example')}",
        f"the base model with {count(len(examples), 'training row')} in its prompt",
        answers,
    )


def rivals_without_a_model(
    dataset: Dataset, train: Sequence[Row], nearest: Sequence[Row], rows: int
) -> Iterator[Rival]:
    """Yield the baselines that need no model; `nearest` is each test row's nearest training row."""
    answer = commonest_answer(dataset, train)
    if answer is not None:
        quoted = f"“{cut(' '.join(answer.split()), MAX_NAME)}”"
        always = f"always answering {quoted}"
        yield Rival("commonest", f"always {quoted}", always, [answer] * rows)
    if nearest:
        copying = "copying the answer of the most similar training row"
        copied = [row.answer.strip() for row in nearest]
        yield Rival("nearest", "nearest training row", copying, copied)


def commonest_answer(dataset: Dataset, train: Sequence[Row]) -> str | None:
    """Return the most frequent right answer of the training rows.

    Of equally frequent answers, the alphabetically first is returned. The result is None when no
    answer occurs twice, because a constant answer is then no useful baseline.
    """
    counts = Counter(dataset.splits["train"].labels if "train" in dataset.splits else {})
    if not counts:
        counts = Counter(row.answer.strip() for row in train)
    answer, occurrences = min(counts.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    return answer if occurrences > 1 else None


class NearestRows:
    """Finds the training row that shares the most words with a test row.

    Rows are compared by the cosine of their words, weighted by how rare a word is (tf-idf without
    the frequency within a row). Words of more than 200 training rows are left out. Of equally near
    rows the first is taken; a test row that shares no word with any gets the first training row.
    """

    def __init__(self, train: Sequence[Row]) -> None:
        self._train = train
        words = [_words(row) for row in train]
        frequency = Counter(word for own in words for word in own)
        self._weights = {
            word: log(len(train) / rows) + 1
            for word, rows in frequency.items()
            if rows <= MOST_ROWS_OF_A_WORD
        }
        self._rows_of: dict[str, list[int]] = defaultdict(list)
        for at, own in enumerate(words):
            for word in own & self._weights.keys():
                self._rows_of[word].append(at)
        self._norms = [self._norm(own) for own in words]

    def nearest(self, row: Row) -> Row:
        """Return the training row that shares the most words with a test row."""
        shared: dict[int, float] = defaultdict(float)
        for word in sorted(_words(row) & self._weights.keys()):
            for at in self._rows_of[word]:
                shared[at] += self._weights[word] ** 2
        best = max(shared, key=lambda at: (shared[at] / self._norms[at], -at), default=0)
        return self._train[best]

    def _norm(self, words: Iterable[str]) -> float:
        return sqrt(sum(self._weights.get(word, 0.0) ** 2 for word in sorted(words)))


def _words(row: Row) -> set[str]:
    return {word for text in _asked(row) for word in tokens(text)}


def _asked(row: Row) -> list[str]:
    return [turn.text for turn in row.prompt if turn.role != "system"]


def leaked_rows(rows: Sequence[Row], train: Sequence[Row], nearest: Sequence[Row]) -> list[int]:
    """Return the positions of the test rows that ask the same as a training row, or nearly so.

    The same means: the same words, without case, width and punctuation around the whole text.
    Nearly the same means: at least 80% of the sequences of three words are shared (Jaccard) with
    the nearest training row; prompts of less than six words never are.
    """
    asked = {_prompt_words(row) for row in train}
    return [
        at
        for at, (row, like) in enumerate(zip(rows, nearest, strict=False))
        if _prompt_words(row) in asked or _are_alike(_prompt_words(row), _prompt_words(like))
    ]


def _prompt_words(row: Row) -> tuple[str, ...]:
    return tuple(word for text in _asked(row) for word in normalise(text).split())


def _are_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    if min(len(one), len(other)) < FEWEST_WORDS:
        return False
    sequences, others = _sequences(one), _sequences(other)
    return len(sequences & others) >= ALIKE * len(sequences | others)


def _sequences(words: Sequence[str]) -> set[tuple[str, str, str]]:
    return set(zip(words, words[1:], words[2:], strict=False))
