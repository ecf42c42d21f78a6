"""Link near duplicates, so that they get the same split."""

from tunedrop.dataset.duplicates.links import Links
from tunedrop.dataset.duplicates.near import NearDuplicates
from tunedrop.dataset.splits.columns import RowColumns
from tunedrop.dataset.splits.spool import Spool
from tunedrop.documents.rows import AnyRow, read_row

LARGEST_CLUSTER = 4  # A cluster of so many near duplicates always stays together.
# A cluster with more than this share of all rows is divided among the splits and reported.
LARGEST_SHARE = 0.05
# Above this share, likeness is a template that most prompts have, and no reason to take the rows
# for one observation in the evaluation.
TEMPLATE_SHARE = 0.2


def link_near_duplicates(columns: RowColumns, spool: Spool, near: NearDuplicates) -> None:
    """Find near duplicates among the kept rows, note them, and link their prompts."""
    if spool.is_given_up:
        columns.findings.add_rows("not_compared", sum(columns.kept))
        return
    pairs: list[tuple[int, int]] = []
    for at, (line, kept) in enumerate(zip(spool.lines(), columns.kept, strict=True)):
        if not kept:
            continue
        row = read_row(line)
        found = near.duplicates_of(at, row)
        pairs += [(columns.groups[at], columns.groups[other]) for other in found]
        if found:
            _note(columns, at, found[0], row)
    columns.findings.add_rows("not_compared", near.not_indexed)
    _link(columns, pairs)


def _note(columns: RowColumns, at: int, other: int, row: AnyRow) -> None:
    columns.findings.add_place("near_duplicate", columns.place(at, row.question))
    labels = columns.labels
    if labels.possible and labels.of_row[other] != labels.of_row[at]:
        excerpt = f"{row.learned[-1].content}: {row.question[:80]}"
        columns.disagreements.add_place("neighbours_disagree", columns.place(at, excerpt))


def _link(columns: RowColumns, pairs: list[tuple[int, int]]) -> None:
    """Link near duplicates, except in clusters that are too large for one split."""
    clusters = Links()
    for one, other in pairs:
        clusters.unite(one, other)
    sizes = clusters.sizes(
        key for key, kept in zip(columns.groups, columns.kept, strict=True) if kept
    )
    rows = sum(columns.kept)
    most = max(LARGEST_CLUSTER, rows * LARGEST_SHARE)
    divided: list[tuple[int, int]] = []
    for one, other in pairs:
        size = sizes[clusters.of(one)]
        if size <= most:
            columns.links.unite(one, other)
        elif size <= rows * TEMPLATE_SHARE:
            divided.append((one, other))
    for one, other in divided:  # after all links, because `families` joins the linked groups
        columns.families.unite(columns.links.of(one), columns.links.of(other))
    columns.scattered = sum(size for size in sizes.values() if size > most)
