"""The estimated cost of a training job, as a range, and how long the job may run.

Prices come from the catalogue of instance types. They serve the estimate; AWS makes the bill.
"""

from math import ceil
from typing import NamedTuple

from tunedrop.documents.dataset import Technique
from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BudgetError
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.tuning import jobs_of

# Shares of the peak performance that fine-tuning reaches: long packed rows, short padded rows.
BEST_USE, WORST_USE = 0.40, 0.05
# Floating-point operations for each parameter and token, by method. LoRA takes 2 in the forward
# pass, 2 for the gradients of the activations (Kaplan et al. 2020, https://arxiv.org/abs/2001.08361,
# section 2.1) and 2 to compute activations again. It needs no gradients of the base weights.
# Training all weights takes 2 more, for their gradients.
# QLoRA computes as LoRA does, with weights that are unpacked from four bits before each product.
FLOPS = {"lora": 6.0, "qlora": 6.0, "full": 8.0}
# What a technique adds: DPO reads each row with the base model too, which takes a forward pass. KTO
# reads it with the base model, and with the answer to another row by both models.
MORE_FLOPS: dict[Technique, float] = {"sft": 0.0, "dpo": 2.0, "kto": 6.0, "pretraining": 0.0}
START_HOURS = (0.05, 0.25)  # Shortest and longest time to download the image and the weights.
SPOT_DISCOUNT = 0.65  # A typical discount; it changes all the time.


class Work(NamedTuple):
    """What a training job computes: so many tokens of an epoch through so many parameters.

    `epochs` is the smallest and the largest number of them; they differ where they are tuned.
    """

    tokens: int
    parameters: int
    epochs: tuple[float, float]
    technique: Technique = "sft"

    def __str__(self) -> str:
        least, most = self.epochs
        times = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        millions = f"{self.parameters / 1e6:,.0f} million parameters"
        return f"{self.tokens:,} tokens, {times} times through {millions}"


def estimate(recipe: Recipe, work: Work, catalogue: Catalogue = CATALOGUE) -> CostEstimate | None:
    """Return the range of hours and US dollars, or None when the instance has no known price.

    Args:
        recipe: its method, instances, time limit, budget and number of tuned jobs are used.
        work: what each training job computes.
        catalogue: the instance types with their prices.
    """
    name = recipe.training.instances[0]
    instance = catalogue.instances.get(name)
    if instance is None or instance.training_usd is None or instance.total_tflops is None:
        return None
    least, most = work.epochs
    per_token = FLOPS[recipe.method] + MORE_FLOPS[work.technique]
    flops = per_token * work.parameters * work.tokens
    peak_hours = flops / (instance.total_tflops * 1e12) / 3600
    cap = cap_hours(recipe, catalogue)
    low = START_HOURS[0] + peak_hours * least / BEST_USE
    high = START_HOURS[1] + peak_hours * most / WORST_USE
    if low <= cap:
        high = min(
            high, cap
        )  # The job is stopped at the cap. If `low` exceeds it, no job is started.
    low_price = instance.training_usd * (1 - SPOT_DISCOUNT if recipe.training.spot else 1)
    jobs, rounds = training_jobs(recipe), rounds_of(recipe)
    return CostEstimate(
        low_usd=round(jobs * low * low_price, 2),
        high_usd=round(jobs * high * instance.training_usd, 2),
        low_hours=round(rounds * low, 3),
        high_hours=round(rounds * high, 3),
        cap_hours=round(rounds * cap, 3),
        instance=name,
        budget_usd=recipe.budget_usd,
        basis=_basis(recipe, work, per_token),
    )


def training_jobs(recipe: Recipe) -> int:
    """Return how many training jobs a run has: one, unless its recipe tunes."""
    return jobs_of(recipe.tune) if recipe.tune else 1


def parallel_jobs(recipe: Recipe) -> int:
    """Return how many training jobs of a run may run at the same time."""
    return min(recipe.tune.parallel, training_jobs(recipe)) if recipe.tune else 1


def rounds_of(recipe: Recipe) -> int:
    """Return how many jobs run one after the other."""
    return ceil(training_jobs(recipe) / parallel_jobs(recipe))


def _basis(recipe: Recipe, work: Work, per_token: float) -> str:
    each = ""
    if recipe.tune:
        each = (
            f" For all {training_jobs(recipe)} training jobs of the tuning, {recipe.tune.parallel} "
            "at a time; jobs that SageMaker stops early cost less."
        )
    low_end = "at the spot price" if recipe.training.spot else "on demand"
    return (
        f"{work}, method {recipe.method} ({per_token:g} operations for each token and parameter), "
        f"at {BEST_USE:.0%} to {WORST_USE:.0%} of the instance's peak; the low end "
        f"{low_end}, the high end on demand or where the job is stopped.{each}"
    )


def refuse_what_cannot_end(estimated: CostEstimate | None) -> None:
    """Raise BudgetError when even the low estimate exceeds the budget or the time limit."""
    if estimated is None:
        return
    if estimated.is_over_budget:
        raise BudgetError(
            f"This training would cost at least {estimated.low_usd:.2f} US dollars on "
            f"{estimated.instance}, and budget_usd is {estimated.budget_usd:g}.",
            "Lower rows.max_train, hyperparameters.epochs or tune.jobs, or raise budget_usd; then "
            "drop the file again.",
        )
    if estimated.is_over_time:
        raise BudgetError(
            f"This training would take at least {estimated.low_hours:.1f} hours on "
            f"{estimated.instance}, and would be stopped after {estimated.cap_hours:.1f}.",
            "Lower rows.max_train or hyperparameters.epochs, or raise training.max_hours and "
            "budget_usd; then drop the file again.",
        )


def cap_hours(recipe: Recipe, catalogue: Catalogue = CATALOGUE) -> float:
    """Return how long a job may run: `max_hours`, or less if the budget pays for less.

    The budget pays for all jobs of a tuning.
    """
    known = (catalogue.instances.get(name) for name in recipe.training.instances)
    prices = [each.training_usd for each in known if each and each.training_usd]
    pays = recipe.budget_usd / training_jobs(recipe)
    affordable = pays / max(prices) if prices else recipe.training.max_hours
    return min(recipe.training.max_hours, affordable)


def most_usd(recipe: Recipe, catalogue: Catalogue = CATALOGUE) -> float:
    """Return the most US dollars that the run's jobs can cost: each is stopped at its time limit.

    Without a price nothing but the recipe's own budget is known.
    """
    known = (catalogue.instances.get(name) for name in recipe.training.instances)
    prices = [each.training_usd for each in known if each and each.training_usd]
    if len(prices) < len(recipe.training.instances):
        return recipe.budget_usd
    return round(training_jobs(recipe) * cap_hours(recipe, catalogue) * max(prices), 2)


def bill(
    instance: str | None, billable_seconds: int, catalogue: Catalogue = CATALOGUE
) -> float | None:
    """Return what the billable seconds cost in US dollars, or None without a price.

    On spot, SageMaker reports fewer billable seconds than training seconds, so that the discount
    is included.
    """
    known = catalogue.instances.get(instance or "")
    if known is None or known.training_usd is None:
        return None
    return round(known.training_usd * billable_seconds / 3600, 4)


def hosting_price(recipe: Recipe, catalogue: Catalogue) -> tuple[str, float | None]:
    """Return the endpoint's first choice of an instance, and US dollars an hour if known."""
    name = recipe.deploy.instances[0]
    known = catalogue.instances.get(name)
    return name, known.hosting_usd if known else None
