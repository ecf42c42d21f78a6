"""Rows of another dataset among the training rows, to limit what the model forgets."""

from datasets import Dataset, concatenate_datasets


def sample_for(rows: Dataset, *, beside: int, share: float, seed: int) -> Dataset:
    """Return so many random rows that they are `share` of all, or all rows if these are too few.

    Args:
        rows: the rows of the other dataset.
        beside: the number of the training's own rows.
        share: 0 to below 1.
        seed: decides which rows are taken.
    """
    wanted = max(1, round(beside * share / (1 - share)))
    return rows.shuffle(seed=seed).select(range(min(wanted, len(rows))))


def mixed(own: Dataset, other: Dataset, *, seed: int) -> Dataset:
    """Return the rows of both in random order."""
    return concatenate_datasets([own, other]).shuffle(seed=seed).flatten_indices()
