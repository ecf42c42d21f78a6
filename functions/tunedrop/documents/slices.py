"""Parts of the test rows with the scores of both models on them."""

import msgspec


class Slice(msgspec.Struct):
    """Both models on part of the test rows.

    `kind` is "label", "length" or "language" (of the prompt), or "group" (of rows that a column
    keeps together).

    `gain` is tuned minus base, with its interval from `low` to `high`. The intervals of all slices
    hold together.
    """

    kind: str
    name: str
    rows: int
    metric: str
    base: float
    tuned: float
    gain: float
    low: float
    high: float
