"""What the uploader should know although nothing is broken."""

from tunedrop.dataset.choice import Choice
from tunedrop.dataset.reasons import REASONS
from tunedrop.documents.dataset import RowCounts

FEW_TEST_ROWS = 100
FEW_OF_A_LABEL = 10
IMBALANCE = 10  # times as many rows of the commonest label as of the rarest


def warnings_of(
    choice: Choice, rows: RowCounts, reasons: dict[str, int], scattered: int
) -> list[str]:
    """Return one sentence a finding."""
    found = []
    if rows.rejected:
        listed = "; ".join(f"{count:,} {REASONS[reason]}" for reason, count in reasons.items())
        found.append(f"{rows.rejected:,} of {rows.source:,} rows were rejected: {listed}.")
    if choice.conflicts:
        found.append(
            f"{len(choice.conflicts):,} rows carry another label than the same text elsewhere; "
            "the commonest label was kept, and none where labels tie."
        )
    if scattered:
        found.append(
            f"{scattered:,} rows are nearly alike, too many to keep in one split: "
            "the test rows are easier than new ones will be."
        )
    if rows.test < FEW_TEST_ROWS:
        found.append(f"Only {rows.test} test rows: small differences will not be provable.")
    return found + _about_labels(choice)


def _about_labels(choice: Choice) -> list[str]:
    counts = choice.label_counts
    if not counts:
        return []
    found = []
    rare = [f"{label!r} ({count})" for label, count in counts.items() if count < FEW_OF_A_LABEL]
    if rare:
        found.append(f"Labels with fewer than {FEW_OF_A_LABEL} rows: {', '.join(rare[:20])}.")
    if all(label.lstrip("-").isdigit() for label in counts):
        found.append(
            f"The labels are numbers ({', '.join(sorted(counts)[:5])}): names that say what they "
            "mean are easier to learn and to read."
        )
    if len(counts) == 1:
        found.append("Every row carries the same label: there is nothing to tell apart.")
    elif max(counts.values()) > IMBALANCE * min(counts.values()):
        common, rarest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        found.append(
            f"The labels are unbalanced: {counts[common]} rows of {common!r}, "
            f"{counts[rarest]} of {rarest!r}."
        )
    return found
