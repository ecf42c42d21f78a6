"""Warnings about a dataset, one sentence each, for its page and the email."""

from tunedrop.dataset.examining.rejects import REASONS
from tunedrop.dataset.shapes.wording import named
from tunedrop.dataset.splits.assignment import SplitAssignment
from tunedrop.documents.dataset import Columns, RowCounts

FEW_OF_A_LABEL = 10  # Fewer rows of a label than this cause a warning.
IMBALANCE = 10  # The most frequent label has more than this many times the rows of the rarest.
MOST_SKIPPED = 20  # Files that are no tables and that a warning names.
MUCH_TEXT = 100  # Mean characters from which an unused column causes a warning in any case.
MOST_UNUSED_TEXTS = 5  # Unused columns that the warning names.


def about_encodings(guessed: list[str]) -> list[str]:
    """Return a warning that names the encodings that were guessed, if there are any."""
    if not guessed:
        return []
    told = f"The text is not UTF-8 and is read as {', '.join(guessed)}, which is a guess."
    return [f"{told} If letters are wrong in the example rows, drop the file again as UTF-8."]


def about_unused(columns: Columns) -> list[str]:
    """Return a warning when columns with much text are not used."""
    texts = [each for each in columns.unused if each.is_text or each.characters >= MUCH_TEXT]
    if not texts:
        return []
    listed = [
        f"{named(each.name)} ({each.characters:,} characters a row)"
        for each in texts[:MOST_UNUSED_TEXTS]
    ]
    more = len(texts) - len(listed)
    also = f" and {more} more" if more else ""
    return [f"These columns hold text and are not used: {', '.join(listed)}{also}."]


def about_group(columns: Columns) -> list[str]:
    """Return what is told about a column that looks like the id of a group."""
    return [columns.group.told] if columns.group and columns.group.told else []


def about_skipped(skipped: list[str]) -> list[str]:
    """Return a warning that lists the files and sheets that are no tables, if there are any."""
    if not skipped:
        return []
    more = f"; and {len(skipped) - MOST_SKIPPED} more" if len(skipped) > MOST_SKIPPED else ""
    return [f"Left out, because they are no tables: {'; '.join(skipped[:MOST_SKIPPED])}{more}."]


def warnings_of(
    assignment: SplitAssignment, rows: RowCounts, reasons: dict[str, int], scattered: int
) -> list[str]:
    """Return the warnings for the uploader, one sentence each."""
    found = []
    if rows.rejected:
        listed = "; ".join(f"{count:,} {REASONS[reason]}" for reason, count in reasons.items())
        found.append(f"{rows.rejected:,} of {rows.source:,} rows were rejected: {listed}.")
    if assignment.conflicts:
        found.append(
            f"{len(assignment.conflicts):,} rows have another label than other rows with the same "
            "text; the most frequent label was kept, or none in a tie."
        )
    if scattered:
        found.append(
            f"{scattered:,} rows are nearly equal, too many to keep in one split: "
            "the test rows are easier than new rows."
        )
    return found + _about_labels(assignment)


def _about_labels(assignment: SplitAssignment) -> list[str]:
    counts = assignment.label_counts
    if not counts:
        return []
    found = []
    rare = [f"{label!r} ({count})" for label, count in counts.items() if count < FEW_OF_A_LABEL]
    if rare:
        found.append(f"Labels with fewer than {FEW_OF_A_LABEL} rows: {', '.join(rare[:20])}.")
    if all(label.lstrip("-").isdigit() for label in counts):
        found.append(
            f"The labels are numbers ({', '.join(sorted(counts)[:5])}): names with a "
            "meaning are easier to learn and to read."
        )
    if max(counts.values()) > IMBALANCE * min(counts.values()):
        common, rarest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        found.append(
            f"The labels are unbalanced: {counts[common]} rows of {common!r}, "
            f"{counts[rarest]} of {rarest!r}."
        )
    return found
