"""A run is refused before its training when the account cannot use the recipe's instances."""

import pytest

from tunedrop.errors import QuotaError
from tunedrop.jobs.quotas import refuse_what_cannot_run
from tunedrop.recipe.schema import Deploy, Recipe, Training
from tunedrop.recipe.tuning import Tune

SPOT = "ml.g6.2xlarge for spot training job usage"
FIRST = "ml.g6.2xlarge for training job usage"
SECOND = "ml.g5.2xlarge for training job usage"
ENDPOINT = "ml.g6.xlarge for endpoint usage"
LARGER = "ml.g5.xlarge for endpoint usage"
ENOUGH = {SPOT: 1.0, FIRST: 1.0, SECOND: 1.0, ENDPOINT: 1.0, LARGER: 1.0}
ON_DEMAND = Recipe(training=Training(spot=False))
TUNED = Recipe(tune=Tune(parallel=3))
EITHER = Recipe(deploy=Deploy(instances=("ml.g6.xlarge", "ml.g5.xlarge")))


@pytest.mark.parametrize(
    ("recipe", "quotas"),
    [
        (Recipe(), {}),
        (Recipe(), ENOUGH),
        (Recipe(), {**ENOUGH, FIRST: 0.0, SECOND: 0.0}),
        (ON_DEMAND, {**ENOUGH, SPOT: 0.0}),
        (ON_DEMAND, {**ENOUGH, FIRST: 0.0}),
        (ON_DEMAND, {FIRST: 0.0}),
        (EITHER, {**ENOUGH, ENDPOINT: 0.0}),
        (Recipe(method="full"), {**ENOUGH, ENDPOINT: 2.0}),
        (TUNED, {**ENOUGH, SPOT: 3.0}),
        (Recipe(tune=Tune(jobs=2, parallel=3)), {**ENOUGH, SPOT: 2.0}),
    ],
    ids=[
        "nothing is known",
        "one of each",
        "spot needs no other quota",
        "on demand needs none of spot",
        "the second type of the training",
        "the quota of the second type is not known",
        "the second type of the endpoint",
        "two instances for the update of an endpoint",
        "an instance for each training job of a tuning",
        "no more training jobs than the tuning has",
    ],
)
def test_a_run_that_may_succeed_is_not_refused(recipe: Recipe, quotas: dict[str, float]) -> None:
    refuse_what_cannot_run(recipe, quotas)


@pytest.mark.parametrize(
    ("recipe", "quotas", "named"),
    [
        (Recipe(), {**ENOUGH, SPOT: 0.0}, f'"{SPOT}" is 0, and the run needs 1'),
        (Recipe(), {**ENOUGH, ENDPOINT: 0.0}, f'"{ENDPOINT}" is 0, and the run needs 1'),
        (ON_DEMAND, {**ENOUGH, FIRST: 0.0, SECOND: 0.0}, f'"{SECOND}" is 0'),
        (EITHER, {**ENOUGH, ENDPOINT: 0.0, LARGER: 0.0}, f'"{LARGER}" is 0'),
        (Recipe(method="full"), ENOUGH, f'"{ENDPOINT}" is 1, and the run needs 2'),
        (TUNED, {**ENOUGH, SPOT: 2.0}, f'"{SPOT}" is 2, and the run needs 3'),
    ],
    ids=["spot training", "endpoint", "no type of two", "no endpoint of two", "update", "tuning"],
)
def test_a_run_that_cannot_succeed_is_refused_with_the_quota(
    recipe: Recipe, quotas: dict[str, float], named: str
) -> None:
    with pytest.raises(QuotaError) as refusal:
        refuse_what_cannot_run(recipe, quotas)
    assert named in refusal.value.message


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(QuotaError) as refusal:
        refuse_what_cannot_run(Recipe(), {SPOT: 0.0, ENDPOINT: 0.0})
    assert SPOT in refusal.value.message
    assert ENDPOINT in refusal.value.message


@pytest.mark.parametrize(
    ("recipe", "quotas", "keys"),
    [
        (Recipe(), {SPOT: 0.0}, "training.instances"),
        (Recipe(), {ENDPOINT: 0.0}, "deploy.instances"),
        (TUNED, {SPOT: 2.0}, "training.instances or tune.parallel"),
        (Recipe(training=Training(count=2)), {SPOT: 1.0}, "training.instances or training.count"),
        (Recipe(), {SPOT: 0.0, ENDPOINT: 0.0}, "training.instances or deploy.instances"),
    ],
    ids=["training", "endpoint", "tuning", "several instances", "training and endpoint"],
)
def test_the_remedy_names_the_keys_of_the_recipe_to_change(
    recipe: Recipe, quotas: dict[str, float], keys: str
) -> None:
    with pytest.raises(QuotaError) as refusal:
        refuse_what_cannot_run(recipe, quotas)
    assert f"or change {keys} in recipe.yaml" in refusal.value.remedy
