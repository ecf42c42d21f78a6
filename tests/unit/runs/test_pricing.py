"""The price is said before, the cap is kept: MaxRuntime never exceeds what the budget pays for."""

from typing import get_args

import msgspec
import pytest

from tunedrop.documents.run import CostEstimate
from tunedrop.errors import BudgetError
from tunedrop.jobs.pricing import (
    FLOPS,
    bill,
    cap_hours,
    estimate,
    refuse_what_cannot_end,
)
from tunedrop.recipe.instances import CATALOGUE
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

MILLION = 1_000_000
PRICE = CATALOGUE.instances["ml.g5.2xlarge"].training_usd or 0.0


def test_given_a_known_instance_when_estimated_then_the_range_is_within_the_cap() -> None:
    recipe = read_recipe(b"training: {instances: [ml.g5.2xlarge], spot: false, max_hours: 2}")
    found = estimate(recipe, tokens=1 * MILLION, parameters=7_000 * MILLION)

    assert found
    assert 0 < found.low_usd <= found.high_usd <= 2 * PRICE + 0.01
    assert found.low_hours <= found.high_hours <= 2


def test_given_more_tokens_when_estimated_then_it_costs_more() -> None:
    few, many = (estimate(Recipe(), n * MILLION, 135 * MILLION) for n in (1, 100))

    assert few
    assert many
    assert few.low_usd < many.low_usd


def test_given_any_method_of_a_recipe_when_looked_up_then_its_operations_are_known() -> None:
    method = next(field for field in msgspec.structs.fields(Recipe) if field.name == "method")

    assert set(get_args(method.type)) <= FLOPS.keys()


def test_given_an_estimate_when_read_then_it_says_what_it_was_computed_from() -> None:
    found = estimate(Recipe(), tokens=409_900, parameters=134_515_008)

    assert found
    for words in ("409,900 tokens, 3 times", "135 million parameters", "method lora", "spot price"):
        assert words in found.basis


def test_given_a_job_over_budget_when_estimated_then_the_error_names_both_figures() -> None:
    recipe = read_recipe(b"budget_usd: 1")
    found = estimate(recipe, 1_000 * MILLION, 70_000 * MILLION)

    assert found
    assert found.low_usd < found.high_usd
    assert found.low_hours < found.high_hours
    with pytest.raises(BudgetError, match=r"budget_usd is 1\.$"):
        refuse_what_cannot_end(found)


def test_given_a_job_that_cannot_end_in_time_when_estimated_then_it_is_not_begun() -> None:
    recipe = read_recipe(b"training: {max_hours: 2}\nbudget_usd: 1000")
    with pytest.raises(BudgetError, match=r"would be stopped after 2\.0"):
        refuse_what_cannot_end(estimate(recipe, 100 * MILLION, 7_000 * MILLION))


def test_given_a_job_that_can_end_when_estimated_then_nothing_is_refused() -> None:
    refuse_what_cannot_end(estimate(Recipe(), MILLION, 135 * MILLION))
    refuse_what_cannot_end(None)


def test_given_an_estimate_of_an_older_run_when_read_then_it_refuses_nothing() -> None:
    written = (
        b'{"low_usd": 0.02, "high_usd": 0.3, "low_hours": 0.1, "high_hours": 0.2, '
        b'"cap_hours": 6.0, "instance": "ml.g6.2xlarge"}'
    )
    refuse_what_cannot_end(msgspec.json.decode(written, type=CostEstimate))


def test_given_a_small_budget_when_capped_then_the_hours_are_what_it_pays_for() -> None:
    recipe = read_recipe(b"budget_usd: 3.03\ntraining: {instances: [ml.g5.2xlarge], max_hours: 9}")

    assert cap_hours(recipe) == pytest.approx(2.0)


def test_given_an_instance_without_a_price_when_asked_then_no_figure_is_made_up() -> None:
    recipe = read_recipe(b"training: {instances: [ml.g5.4xlarge], max_hours: 3}")

    assert estimate(recipe, MILLION, MILLION) is None
    assert cap_hours(recipe) == 3
    assert bill("ml.g5.4xlarge", 3600) is None


def test_given_the_best_known_job_when_billed_then_it_is_the_known_price() -> None:
    # 6,162 s on ml.g5.2xlarge: about 2.59 US dollars.
    assert bill("ml.g5.2xlarge", 6_162) == pytest.approx(2.593, abs=0.001)
