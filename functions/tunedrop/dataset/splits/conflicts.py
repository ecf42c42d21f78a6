"""Rows with the same text and different labels."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, pairwise

from tunedrop.dataset.splits.columns import RowColumns


def conflicting(columns: RowColumns) -> set[int]:
    """Return the positions of rows that have a less frequent label than other rows of their text.

    The most frequent label of a text is kept; in a tie, none is. Duplicates are counted too.
    """
    numbers = columns.labels.of_row
    losers: set[int] = set()
    for positions in _shared(columns.groups):
        if len({numbers[at] for at in positions}) == 1:
            continue
        votes = Counter(numbers[at] for at in positions)
        most = max(votes.values())
        winners = [number for number, count in votes.items() if count == most]
        winner = winners[0] if len(winners) == 1 else None
        losers.update(at for at in positions if numbers[at] != winner and columns.kept[at])
    return losers


def prompts_with_several_answers(columns: RowColumns) -> int:
    """Return how many prompts are in more than one kept row."""
    return sum(1 for _ in _shared(list(compress(columns.groups, columns.kept))))


def _shared(groups: Sequence[int]) -> Iterator[list[int]]:
    """Yield the positions of the rows with the same prompt key, if there are several."""
    twice = {key for key, after in pairwise(sorted(groups)) if key == after}
    positions: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        if group in twice:
            positions.setdefault(group, []).append(at)
    yield from positions.values()
