"""The same text with several labels: which of its rows to believe."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tunedrop.dataset.intake import Intake


def conflicting(intake: Intake) -> set[int]:
    """Return the positions of rows whose text carries another label elsewhere, and more often.

    Of a text with several labels the commonest label is kept; when none is commonest, no row is.
    """
    names = intake.labels.names
    numbers = intake.labels.of_row
    losers: set[int] = set()
    for group, positions in _shared(intake.groups):
        ballot = [(1 + intake.repeats[group, names[numbers[at]]], at) for at in positions]
        most = max(votes for votes, _ in ballot)
        winners = [at for votes, at in ballot if votes == most]
        kept = winners if len(winners) == 1 else []
        losers.update(at for _, at in ballot if at not in kept)
    return losers


def _shared(groups: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield the prompt keys that several rows have, with those rows' positions."""
    twice = {key for key, after in pairwise(sorted(groups)) if key == after}
    positions: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        if group in twice:
            positions.setdefault(group, []).append(at)
    yield from positions.items()
