"""What a training job will cost, as a range, and how long it may run at most.

Prices: us-east-1, US dollars an hour, on demand, read in September 2026 from
https://aws.amazon.com/sagemaker/ai/pricing/. They are for the estimate; the bill is AWS's.
"""

from typing import NamedTuple

from tunedrop.errors import BudgetError
from tunedrop.recipe import Recipe
from tunedrop.run import CostEstimate


class Instance(NamedTuple):
    """US dollars an hour for training; dense bfloat16 TFLOP/s of all its GPUs together."""

    usd: float
    tflops: float


INSTANCES = {
    "ml.g5.2xlarge": Instance(1.515, 70.0),
    "ml.g6.2xlarge": Instance(1.222, 121.0),
    "ml.g6e.2xlarge": Instance(2.80, 362.0),
    "ml.p4d.24xlarge": Instance(25.25, 8 * 312.0),
    "ml.p5.48xlarge": Instance(63.30, 8 * 989.0),
}
# Share of the peak that fine-tuning reaches, from well packed long rows to short padded ones.
BEST_USE, WORST_USE = 0.40, 0.05
FLOPS_A_PARAMETER_AND_TOKEN = 6  # forward and backward, activations recomputed, adapter ignored
START_HOURS = (0.05, 0.25)  # pulling the image and the weights
SPOT_DISCOUNT = 0.65  # about; it moves


def estimate(recipe: Recipe, tokens: int, parameters: int) -> CostEstimate | None:
    """Return the range of hours and US dollars, or None for an instance we have no price of.

    Args:
        recipe: its instances, epochs, cap and budget count.
        tokens: in the training split, once through.
        parameters: of the base model.

    Raises:
        BudgetError: even the low end is over `budget_usd` or over `training.max_hours`.
    """
    name = recipe.training.instances[0]
    instance = INSTANCES.get(name)
    if instance is None:
        return None
    flops = FLOPS_A_PARAMETER_AND_TOKEN * parameters * tokens * recipe.hyperparameters.epochs
    peak_hours = flops / (instance.tflops * 1e12) / 3600
    low = START_HOURS[0] + peak_hours / BEST_USE
    high = START_HOURS[1] + peak_hours / WORST_USE
    low_price = instance.usd * (1 - SPOT_DISCOUNT if recipe.training.spot else 1)
    cap = cap_hours(recipe)
    _refuse_what_cannot_end(recipe, low, low * low_price, cap)
    return CostEstimate(
        low_usd=round(low * low_price, 2),
        high_usd=round(min(high, cap) * instance.usd, 2),
        low_hours=round(low, 2),
        high_hours=round(min(high, cap), 2),
        cap_hours=round(cap, 2),
        instance=name,
    )


def _refuse_what_cannot_end(recipe: Recipe, hours: float, usd: float, cap: float) -> None:
    """Raise BudgetError when even the best case costs or takes too much."""
    name = recipe.training.instances[0]
    if usd > recipe.budget_usd:
        raise BudgetError(
            f"This training would cost at least {usd:.2f} US dollars on {name}, and budget_usd is "
            f"{recipe.budget_usd:.2f}.",
            "Lower rows.max_train or hyperparameters.epochs, or raise budget_usd; then drop the "
            "file again.",
        )
    if hours > cap:
        raise BudgetError(
            f"This training would take at least {hours:.1f} hours on {name}, and would be stopped "
            f"after {cap:.1f}.",
            "Lower rows.max_train or hyperparameters.epochs, or raise training.max_hours and "
            "budget_usd; then drop the file again.",
        )


def cap_hours(recipe: Recipe) -> float:
    """Return how long the job may run: `max_hours`, and no longer than `budget_usd` pays for."""
    prices = [INSTANCES[name].usd for name in recipe.training.instances if name in INSTANCES]
    affordable = recipe.budget_usd / max(prices) if prices else recipe.training.max_hours
    return min(recipe.training.max_hours, affordable)


def bill(instance: str | None, billable_seconds: int) -> float | None:
    """Return what the billable seconds cost in US dollars, or None without a price.

    SageMaker's billable seconds are fewer than the training seconds on spot: the discount is in.
    """
    known = INSTANCES.get(instance or "")
    return round(known.usd * billable_seconds / 3600, 4) if known else None
