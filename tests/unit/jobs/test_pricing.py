"""The estimate before the training, and the cap: no job runs longer than the budget pays for."""

from typing import get_args

import msgspec
import pytest

from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BudgetError
from tunedrop.jobs.pricing import (
    FLOPS,
    Work,
    bill,
    cap_hours,
    estimate,
    hosting_price,
    refuse_what_cannot_end,
)
from tunedrop.recipe.instances import CATALOGUE
from tunedrop.recipe.schema import Deploy, Recipe
from tunedrop.recipe.yaml_file import read_recipe

MILLION = 1_000_000
PRICE = CATALOGUE.instances["ml.g5.2xlarge"].training_usd or 0.0


def test_the_estimated_range_is_within_the_cap() -> None:
    # Given
    recipe = read_recipe(b"training: {instances: [ml.g5.2xlarge], spot: false, max_hours: 2}")

    # When
    found = estimate(recipe, Work(1 * MILLION, 7_000 * MILLION, (3, 3)))

    # Then
    assert found
    assert 0 < found.low_usd <= found.high_usd <= 2 * PRICE + 0.01
    assert found.low_hours <= found.high_hours <= 2


def test_more_tokens_cost_more() -> None:
    # When
    few, many = (estimate(Recipe(), Work(n * MILLION, 135 * MILLION, (3, 3))) for n in (1, 100))

    # Then
    assert few
    assert many
    assert few.low_usd < many.low_usd


def test_the_operations_of_every_method_are_known() -> None:
    # Given
    method = next(field for field in msgspec.structs.fields(Recipe) if field.name == "method")

    # Then
    assert set(get_args(method.type)) <= FLOPS.keys()


def test_the_estimate_says_what_it_was_computed_from() -> None:
    # When
    found = estimate(Recipe(), Work(409_900, 134_515_008, (3, 3)))

    # Then
    assert found
    for words in ("409,900 tokens, 3 times", "135 million parameters", "method lora", "spot price"):
        assert words in found.basis


def test_a_job_over_budget_is_refused_with_the_budget() -> None:
    # Given
    recipe = read_recipe(b"budget_usd: 1")

    # When
    found = estimate(recipe, Work(1_000 * MILLION, 70_000 * MILLION, (3, 3)))

    # Then
    assert found
    assert found.low_usd < found.high_usd
    assert found.low_hours < found.high_hours
    with pytest.raises(BudgetError, match=r"budget_usd is 1\.$"):
        refuse_what_cannot_end(found)


def test_a_job_that_cannot_end_in_time_is_refused() -> None:
    # Given
    recipe = read_recipe(b"training: {max_hours: 2}\nbudget_usd: 1000")

    # Then
    with pytest.raises(BudgetError, match=r"would be stopped after 2\.0"):
        refuse_what_cannot_end(estimate(recipe, Work(100 * MILLION, 7_000 * MILLION, (3, 3))))


def test_a_job_that_can_end_in_time_is_not_refused() -> None:
    refuse_what_cannot_end(estimate(Recipe(), Work(MILLION, 135 * MILLION, (3, 3))))
    refuse_what_cannot_end(None)


def test_an_estimate_of_an_older_version_refuses_nothing() -> None:
    # Given
    written = (
        b'{"low_usd": 0.02, "high_usd": 0.3, "low_hours": 0.1, "high_hours": 0.2, '
        b'"cap_hours": 6.0, "instance": "ml.g6.2xlarge"}'
    )

    # Then
    refuse_what_cannot_end(msgspec.json.decode(written, type=CostEstimate))


def test_the_cap_is_the_number_of_hours_that_the_budget_pays_for() -> None:
    # When
    recipe = read_recipe(b"budget_usd: 3.03\ntraining: {instances: [ml.g5.2xlarge], max_hours: 9}")

    # Then
    assert cap_hours(recipe) == pytest.approx(2.0)


def test_an_instance_without_a_price_has_no_estimate_and_no_bill() -> None:
    # When
    recipe = read_recipe(b"training: {instances: [ml.g5.4xlarge], max_hours: 3}")

    # Then
    assert estimate(recipe, Work(MILLION, MILLION, (3, 3))) is None
    assert cap_hours(recipe) == 3
    assert bill("ml.g5.4xlarge", 3600) is None


def test_the_bill_of_a_known_job_is_its_known_price() -> None:
    # 6,162 s on ml.g5.2xlarge: about 2.59 US dollars.
    assert bill("ml.g5.2xlarge", 6_162) == pytest.approx(2.593, abs=0.001)


def test_an_endpoints_price_is_that_of_its_first_choice() -> None:
    # Given
    cheap = Recipe(deploy=Deploy(instances=("ml.g6.xlarge", "ml.g5.xlarge")))
    unknown = Recipe(deploy=Deploy(instances=("ml.x1.huge",)))

    # Then
    assert hosting_price(cheap, CATALOGUE) == ("ml.g6.xlarge", 1.1267)
    assert hosting_price(unknown, CATALOGUE) == ("ml.x1.huge", None)
