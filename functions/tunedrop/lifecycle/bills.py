"""What all training jobs of a month cost together, and the stack's limit for it.

Before a job is created, a bill with the most that it can cost is written. Then the month's bills
are added up, so that two jobs at the same time cannot both take the last dollars. A bill becomes
exact when it is added up after the job's end.
"""

from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.figures import usd as in_words
from tunedrop.documents.run import Run
from tunedrop.errors import BudgetError
from tunedrop.jobs.pricing import bill, most_usd
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.step import Step
from tunedrop.ports.sagemaker import TrainingJob, TuningJob
from tunedrop.ports.store import MissingError
from tunedrop.recipe.instances import Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import encode, now, seconds_since

Account = Step | Ending
"""Where bills are found and jobs are asked for."""
UNENDED_JOBS = ("InProgress", "Stopping")
CREATION_SECONDS = 3_600.0  # A job that does not exist so long after its bill was never created.


class Bill(msgspec.Struct, kw_only=True):
    """runs/_bills/<month>/<job>.json; `final` is false while `usd` is the most it can be.

    `tuning` tells that `job` is a tuning job; its bill is that of all its training jobs.
    """

    job: str
    usd: float
    written: str
    final: bool = False
    tuning: bool = False


def month_usd(month: str, source: Account, catalogue: Catalogue) -> float:
    """Return what the training jobs of a month (`2026-11`) cost; a job that runs counts in full."""
    return sum(each.usd for each in _bills(month, source, catalogue))


def reserve(run: Run, recipe: Recipe, step: Step, catalogue: Catalogue, limit: float) -> None:
    """Write the bill of a job that is about to be created.

    Args:
        run: the claimed run; the month is the one in which its training started.
        recipe: limits the job's time and price.
        step: the function's step.
        catalogue: the prices.
        limit: the most US dollars of all training jobs of a month.

    Raises:
        BudgetError: with this job, the month's training jobs could cost more than the limit.
    """
    month = run.stages["train"].started[:7]
    own = Bill(
        job=run.name,
        usd=most_usd(recipe, catalogue),
        written=now(),
        tuning=recipe.tune is not None,
    )
    _write(own, month, step)
    others = sum(each.usd for each in _bills(month, step, catalogue) if each.job != run.name)
    if others + own.usd <= limit:
        return
    _write(Bill(job=run.name, usd=0.0, written=own.written, final=True), month, step)
    raise BudgetError(
        f"This training may cost up to {in_words(own.usd)}. The stack's training jobs of {month} "
        f"cost up to {in_words(others)} already, and it allows {in_words(limit)} a month (its "
        "parameter MaxMonthlyUsd).",
        f"Lower budget_usd or training.max_hours, wait until {_next(month)}, or have MaxMonthlyUsd "
        "raised; then drop the file again.",
    )


def _bills(month: str, source: Account, catalogue: Catalogue) -> list[Bill]:
    """Return the bills of a month; those of jobs that have ended become exact."""
    store = source.runs.store
    found = []
    for key in store.keys(keys.bills(month)):
        with suppress(MissingError):
            each = msgspec.json.decode(store.read(key).body, type=Bill)
            found.append(each if each.final else _updated(each, month, source, catalogue))
    return found


def _updated(each: Bill, month: str, source: Account, catalogue: Catalogue) -> Bill:
    find = source.sagemaker.tuning_job if each.tuning else source.sagemaker.training_job
    job = find(each.job)
    exact: float | None = None
    if job is None:
        exact = 0.0 if seconds_since(each.written) > CREATION_SECONDS else None
    elif job.status not in UNENDED_JOBS:
        jobs = [job] if isinstance(job, TrainingJob) else _trials(job, source)
        costs = [_cost(one, catalogue) for one in jobs]
        known = [cost for cost in costs if cost is not None]
        exact = sum(known) if len(known) == len(costs) else None
    if exact is None:
        return each
    each.usd, each.final = exact, True
    _write(each, month, source)
    return each


def _trials(job: TuningJob, source: Account) -> list[TrainingJob]:
    sagemaker = source.sagemaker
    found = [sagemaker.training_job(each.job) for each in sagemaker.trials(job.name)]
    return [each for each in found if each]


def _cost(job: TrainingJob, catalogue: Catalogue) -> float | None:
    """Return what an ended job cost, None while that is not known.

    SageMaker gives no billable seconds of a job that has ended before it ran.
    """
    if job.status in UNENDED_JOBS:
        return None
    return bill(job.instance, job.billable_seconds or 0, catalogue)


def _write(each: Bill, month: str, source: Account) -> None:
    source.runs.store.write(f"{keys.bills(month)}{each.job}.json", encode(each), "application/json")


def _next(month: str) -> str:
    """Return the first day of the next month in words."""
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return f"{first.day} {first:%B %Y}"
