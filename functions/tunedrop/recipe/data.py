"""The recipe's blocks about the rows: columns, splits, limits, and rows of another dataset."""

from typing import Annotated, Literal

from msgspec import Meta

from tunedrop.recipe.hyperparameters import Seed
from tunedrop.recipe.section import FOUND, Section

Fraction = Annotated[float, Meta(ge=0.0, lt=0.5)]
FoundColumn = Annotated[str | None, FOUND]


class ColumnRoles(Section, frozen=True, kw_only=True):
    """The name of the column that has each role, where it cannot be inferred."""

    text: FoundColumn = None
    """The column with the text to classify."""
    label: FoundColumn = None
    """The column with the label."""
    prompt: FoundColumn = None
    """The column with the question or instruction."""
    completion: FoundColumn = None
    """The column with the answer."""
    messages: FoundColumn = None
    """The column with a whole conversation."""
    context: FoundColumn = None
    """A column that is put before the question: a passage, a schema."""
    system: FoundColumn = None
    """The column with each row's own system prompt."""
    chosen: FoundColumn = None
    """Of two answers, the column with the better one."""
    rejected: FoundColumn = None
    """Of two answers, the column with the worse one."""


class SplitShares(Section, frozen=True, kw_only=True):
    """How the rows are divided into train, validation and test."""

    validation: Fraction = 0.1
    """Share of the rows that is held out to pick the best checkpoint."""
    test: Fraction = 0.1
    """Share of the rows that is held out for the evaluation."""
    seed: Seed = 17
    """Decides which rows are held out."""
    group_by: Annotated[
        str | bool | None, Meta(description="a column, or `off`", extra={"found": True})
    ] = None
    """A column; rows with the same value in it stay in the same split. One is found if its name and
    values look like the id of a person, a document or a conversation; `off` divides such rows."""
    leakage: Literal["remove", "keep"] = "remove"
    """What happens to training rows that are in a dropped validation or test file too."""

    def __post_init__(self) -> None:
        if self.group_by is True:
            raise ValueError("`group_by` is the name of a column, or off")


class RowLimits(Section, frozen=True, kw_only=True):
    """The largest number of rows in each split. Further rows are counted as not sampled."""

    max_train: Annotated[int, Meta(ge=1)] = 10_000
    """The largest number of training rows. Rows of one prompt or group stay together, also beyond
    this number; the other rows are counted as not sampled."""
    max_validation: Annotated[int, Meta(ge=1)] = 500
    """The largest number of validation rows."""
    max_test: Annotated[int, Meta(ge=1)] = 500
    """The largest number of rows in the evaluation."""


class Mix(Section, frozen=True, kw_only=True):
    """Training rows of another dataset, to limit what the model forgets."""

    dataset: str | None = None
    """Name of another dataset, which has been prepared for the same technique; some of its training
    rows are added to those of this one."""
    share: Annotated[float, Meta(gt=0, le=0.9)] = 0.2
    """Their share of the rows that the model is trained on."""

    @property
    def used_share(self) -> float:
        """The share, or 0 without a dataset."""
        return self.share if self.dataset else 0.0
