"""What can go wrong, as users meet it.

    TunedropError            one clear sentence, and what to do about it
    ├── RecipeError          recipe.yaml cannot be used as it stands
    ├── DatasetError         the dropped file cannot be trained on
    ├── ProcessingError      the job that prepares a large drop did not end well
    ├── BaseModelError       the base weights are not where they should be
    ├── BudgetError          the run would cost more than the recipe allows
    ├── TrainingError        the training job did not end well
    ├── HostingError         the endpoint did not come up or stopped answering
    ├── EvaluationError      the answers cannot be judged
    └── StageError           a function gave up on the run's event

Each ends the run with one email. Anything else is a defect or an outage: it is raised,
Lambda tries again, and the dead letter becomes a `StageError`.
"""

from collections.abc import Sequence

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fault in a dataset: how many rows have it, one of them, and what to change.

    `meaning` follows a number of rows ("with a missing or empty value"); `place` is the example's,
    such as "line 17 of train.csv"; `excerpt` the beginning of that row, without secrets.
    """

    rows: int
    meaning: str
    place: str
    message: str
    excerpt: str
    fix: str


class TunedropError(Exception):
    """A failure that a user can act on.

    Args:
        message: what happened and where, one or two sentences.
        remedy: what to do now.
        problems: the faults that led to it, the commonest first, where rows are to blame.
    """

    code = "error"

    def __init__(self, message: str, remedy: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.problems = list(problems)


class RecipeError(TunedropError):
    """recipe.yaml cannot be used as it stands."""

    code = "recipe"


class DatasetError(TunedropError):
    """The dropped file cannot be trained on."""

    code = "dataset"


class ProcessingError(TunedropError):
    """The job that prepares a large drop did not end well."""

    code = "processing"


class BaseModelError(TunedropError):
    """The base weights are not where they should be."""

    code = "base_model"


class BudgetError(TunedropError):
    """The run would cost more than the recipe allows."""

    code = "budget"


class TrainingError(TunedropError):
    """The training job did not end well."""

    code = "training"


class HostingError(TunedropError):
    """The endpoint did not come up or stopped answering."""

    code = "hosting"


class EvaluationError(TunedropError):
    """The answers cannot be judged."""

    code = "evaluation"


class StageError(TunedropError):
    """A function gave up on the run's event."""

    code = "stage"
