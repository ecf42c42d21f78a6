"""Rows that are nearly the same: noted, and kept in the same split."""

from tunedrop.dataset.duplicates.links import Links
from tunedrop.dataset.duplicates.near import NearTwins
from tunedrop.dataset.splits.columns import Intake
from tunedrop.dataset.splits.spool import Spool
from tunedrop.documents.rows import AnyRow, read_row

LARGEST_FAMILY = 4  # near twins that always stay together
LARGEST_SHARE = 0.05  # of all rows; a larger family is spread over the splits, and reported


def link_near_twins(intake: Intake, spool: Spool, near: NearTwins) -> None:
    """Look for near twins among the kept rows, note them, and link their prompts."""
    if spool.is_given_up:
        intake.findings.add_rows("not_compared", sum(intake.kept))
        return
    twins: list[tuple[int, int]] = []
    for at, (line, kept) in enumerate(zip(spool.lines(), intake.kept, strict=True)):
        if not kept:
            continue
        row = read_row(line)
        found = near.twins_of(at, row)
        twins += [(intake.groups[at], intake.groups[twin]) for twin in found]
        if found:
            _note(intake, at, found[0], row)
    intake.findings.add_rows("not_compared", near.forgotten)
    _link(intake, twins)


def _note(intake: Intake, at: int, twin: int, row: AnyRow) -> None:
    intake.findings.add_place("near_duplicate", intake.place(at, row.question))
    labels = intake.labels
    if labels.possible and labels.of_row[twin] != labels.of_row[at]:
        excerpt = f"{row.learned[-1].content}: {row.question[:80]}"
        intake.disagreements.add_place("neighbours_disagree", intake.place(at, excerpt))


def _link(intake: Intake, twins: list[tuple[int, int]]) -> None:
    """Keep near twins together, but not so many that the splits could not be filled."""
    crowds = Links()
    for one, other in twins:
        crowds.unite(one, other)
    sizes = crowds.sizes(key for key, kept in zip(intake.groups, intake.kept, strict=True) if kept)
    most = max(LARGEST_FAMILY, sum(intake.kept) * LARGEST_SHARE)
    for one, other in twins:
        if sizes[crowds.of(one)] <= most:
            intake.links.unite(one, other)
    intake.scattered = sum(size for size in sizes.values() if size > most)
