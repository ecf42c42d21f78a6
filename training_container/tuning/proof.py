"""Prove, before the first step, that the trainer was given rows it can learn to answer from."""

from collections.abc import Set as AbstractSet
from itertools import pairwise

from datasets import Dataset

from tuning.errors import DataError
from tuning.row_fitting import IGNORED


def prove_trainable(rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str) -> None:
    """Check that each row trains on at least one token, and each answer on the end of its turn.

    Without the first a row is dead weight; without the second the model never learns to stop.

    Raises:
        DataError: naming the first row that fails.
    """
    for row in rows:
        labels = row["labels"]
        trained = [label for label in labels if label != IGNORED]
        where = f"row {row['row']} of the `{channel}` channel"
        if not trained:
            raise DataError(f"{where} has no token to train on: its completion is empty")
        # An answer ends where the next label is masked, and the last one with the row.
        ends = [one for one, after in pairwise([*labels, IGNORED]) if after == IGNORED != one]
        if labels[-1] == IGNORED or not end_of_turn_ids >= set(ends):
            raise DataError(
                f"{where} does not end with the base model's end-of-turn token, so the tuned model "
                "would not learn to stop: its chat template writes none after an answer; "
                "choose an instruct model"
            )
