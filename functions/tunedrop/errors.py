"""The errors that a user can act on.

    TunedropError            one clear sentence, and what to do
    ├── RecipeError          recipe.yaml cannot be used as it is
    ├── DatasetError         the dropped file cannot be trained on
    ├── UnansweredError      nobody said how a doubtful file is meant
    ├── ProcessingError      the job that prepares a large drop failed
    ├── BaseModelError       the base weights are missing, incomplete or cannot be fetched
    ├── BudgetError          the run would cost more than the recipe allows
    ├── QuotaError           the account may not use the instances that the recipe names
    ├── TrainingError        the training job failed
    ├── HostingError         the endpoint did not start or stopped answering
    ├── EvaluationError      the answers cannot be judged
    │   └── ServedDifferentlyError   the endpoint does not compute what was trained
    ├── StageError           a function could not handle the run's event
    └── CancelledError       a person cancelled the run

Each of them ends the run with one email. Any other exception is a defect or an outage: Lambda
tries the invocation again, and the dead letter becomes a `StageError`.
"""

from collections.abc import Sequence

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fault in the rows, with an example and what to change.

    `rows` is how many rows have the fault. `meaning` is written to follow that number ("with a
    missing or empty value"). `place` says where the example is ("line 17 of train.csv"), and
    `excerpt` is the beginning of that row, without secrets.
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
        problems: the faults in the rows that led to it, the most frequent first.
    """

    code = "error"

    def __init__(self, message: str, remedy: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.problems = list(problems)


class RecipeError(TunedropError):
    """recipe.yaml cannot be used as it is."""

    code = "recipe"


class DatasetError(TunedropError):
    """The dropped file cannot be trained on."""

    code = "dataset"


class UnansweredError(TunedropError):
    """Nobody said how a doubtful file is meant."""

    code = "unanswered"


class ProcessingError(TunedropError):
    """The job that prepares a large drop failed."""

    code = "processing"


class BaseModelError(TunedropError):
    """The base weights are missing, incomplete or cannot be fetched."""

    code = "base_model"


class BudgetError(TunedropError):
    """The run would cost more than the recipe allows."""

    code = "budget"


class QuotaError(TunedropError):
    """The account may not use the instances that the recipe names."""

    code = "quota"


class TrainingError(TunedropError):
    """The training job failed."""

    code = "training"


class HostingError(TunedropError):
    """The endpoint did not start or stopped answering."""

    code = "hosting"


class EvaluationError(TunedropError):
    """The answers cannot be judged."""

    code = "evaluation"


class ServedDifferentlyError(EvaluationError):
    """The endpoint does not compute what the training job computed."""

    code = "served"


class StageError(TunedropError):
    """A function could not handle the run's event."""

    code = "stage"


class CancelledError(TunedropError):
    """A person cancelled the run."""

    code = "cancelled"
