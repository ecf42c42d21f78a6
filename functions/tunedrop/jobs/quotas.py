"""Which quotas of SageMaker a recipe needs, and the refusal of a run that they make impossible."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import msgspec

from tunedrop.errors import QuotaError
from tunedrop.jobs.pricing import parallel_jobs
from tunedrop.recipe.schema import Recipe

CONSOLE = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"


class Need(msgspec.Struct, frozen=True):
    """So many instances of one of the types, whose quotas have these names in Service Quotas.

    `keys` are the keys of the recipe that decide it.
    """

    names: Sequence[str]
    instances: int
    keys: Sequence[str]


def needs(recipe: Recipe) -> Iterator[Need]:
    """Yield what the training and then the endpoint need.

    Spot capacity uses the first type only. The training jobs of a tuning job run side by side, and
    the instances of all of them count. An endpoint of fully tuned weights is updated, and two
    instances run meanwhile.
    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
    """
    wanted = recipe.training
    types = wanted.instances[:1] if wanted.spot else wanted.instances
    kind = "spot training" if wanted.spot else "training"
    trainings = [f"{name} for {kind} job usage" for name in types]
    factors = {"training.count": wanted.count, "tune.parallel": parallel_jobs(recipe)}
    keys = ["training.instances", *(key for key, factor in factors.items() if factor > 1)]
    yield Need(trainings, prod(factors.values()), keys)
    endpoints = [f"{name} for endpoint usage" for name in recipe.deploy.instances]
    yield Need(endpoints, 2 if recipe.method == "full" else 1, ["deploy.instances"])


def refuse_what_cannot_run(recipe: Recipe, quotas: Mapping[str, float]) -> None:
    """Raise QuotaError if no type of the training, or none of the endpoint, can ever be used.

    Args:
        recipe: names the instances.
        quotas: the account's quotas by name. One that is not known refuses nothing.
    """
    lacking = [
        need
        for need in needs(recipe)
        if all(quotas.get(name, need.instances) < need.instances for name in need.names)
    ]
    if lacking:
        told = [
            f'"{name}" is {quotas[name]:g}, and the run needs {need.instances}'
            for need in lacking
            for name in need.names
        ]
        keys = [key for need in lacking for key in need.keys]
        raise QuotaError(
            f"The quotas of this AWS account are too small: {'; '.join(told)}. "
            "The training was not started.",
            f"Ask for more at {CONSOLE} (that can take a day), or change {' or '.join(keys)} "
            "in recipe.yaml; then drop the file again.",
        )
