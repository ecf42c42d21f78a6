"""Token statistics of the training rows."""

from collections.abc import Sequence

from tunedrop.dataset.document import TokenStatistics

CHARACTERS_A_TOKEN = 4  # English prose with the vocabularies of today's models; an estimate


def estimated_tokens(characters: Sequence[int]) -> TokenStatistics:
    """Estimate tokens from the rows' lengths in characters."""
    tokens = sorted(-(-length // CHARACTERS_A_TOKEN) for length in characters)
    rows = len(tokens)
    total = sum(tokens)
    return TokenStatistics(
        method="characters",
        total=total,
        mean=round(total / rows, 1) if rows else 0.0,
        median=tokens[rows // 2] if rows else 0,
        p95=tokens[min(rows - 1, rows * 95 // 100)] if rows else 0,
        longest=tokens[-1] if rows else 0,
    )
