"""The tokens of the training rows in words: counted by the job, and said before."""

from tunedrop.documents.figures import signed
from tunedrop.documents.report import TokenCount

LARGE = 0.10  # a share; below it the price estimate's own range is far wider


def in_words(tokens: TokenCount) -> str:
    """Return both counts and how far they are apart."""
    said = f"{tokens.said:,} ({signed(tokens.difference)}%)"
    if tokens.method == "tokenizer":
        before = f"had measured {said} with the model's tokenizer"
    else:
        before = f"had estimated {said} by characters"
    return f"{tokens.counted:,} tokens; preparation {before}"


def cautions(tokens: TokenCount | None) -> list[str]:
    """Return a warning when the counts are so far apart that the price was misjudged."""
    if tokens is None or abs(tokens.difference) <= LARGE:
        return []
    caution = (
        f"The training rows hold {in_words(tokens)}: the price that was said before the training "
        "was off by as much."
    )
    return [caution]
