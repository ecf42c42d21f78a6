"""What the stack allows a recipe to order: refused with key, value and limit, or lowered."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tunedrop.errors import RecipeError
from tunedrop.recipe.limits import Limits
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

ROOT = Path(__file__).parents[3]
LIMITS = Limits(
    allowed_instance_types="ml.g5.2xlarge, ml.g6.xlarge,ml.g6.2xlarge",
    max_training_hours=12,
    max_budget_usd=50.5,
    max_endpoint_hours=48,
)
REFUSED = {
    "training.max_hours": ("task: auto\ntraining: {max_hours: 12.5}", "12.5", "12", "line 2"),
    "budget_usd": ("budget_usd: 51", "51", "50.5", "line 1"),
    "deploy.ttl_hours": ("deploy:\n  keep: always\n  ttl_hours: 8760", "8760", "48", "line 3"),
    "training.instances": (
        "training:\n  instances: [ml.g6.2xlarge, ml.p5.4xlarge]",
        "ml.p5.4xlarge",
        "ml.g5.2xlarge, ml.g6.xlarge, ml.g6.2xlarge",
        "line 2",
    ),
    "deploy.instances": (
        "deploy: {instances: [ml.p5.48xlarge]}",
        "ml.p5.48xlarge",
        "ml.g5.2xlarge, ml.g6.xlarge, ml.g6.2xlarge",
        "line 1",
    ),
}


@pytest.mark.parametrize("key", REFUSED)
def test_order_beyond_a_limit_names_key_value_limit_and_line(key: str) -> None:
    text, value, limit, line = REFUSED[key]

    with pytest.raises(RecipeError) as caught:
        read_recipe(text.encode(), limits=LIMITS)

    assert f"recipe.yaml, {line}: {key}: {value} " in caught.value.message
    assert limit in caught.value.message
    assert re.search(r"AllowedInstanceTypes|Max\w+", caught.value.remedy)


@pytest.mark.parametrize(
    "text",
    [
        "training: {max_hours: 12, instances: [ml.g6.2xlarge]}",
        "budget_usd: 50.5",
        "deploy: {ttl_hours: 48, instances: [ml.g5.2xlarge, ml.g6.xlarge]}",
    ],
)
def test_order_at_a_limit_is_accepted(text: str) -> None:
    assert read_recipe(text.encode(), limits=LIMITS) == read_recipe(text.encode())


@pytest.mark.parametrize("text", ["", "task: auto"])
def test_default_above_a_limit_is_lowered_to_it(text: str) -> None:
    small = Limits(
        allowed_instance_types="ml.g5.2xlarge,ml.g6.xlarge",
        max_training_hours=2,
        max_budget_usd=5,
        max_endpoint_hours=0.5,
    )

    recipe = read_recipe(text.encode(), limits=small)

    assert (recipe.training.max_hours, recipe.budget_usd, recipe.deploy.ttl_hours) == (2, 5, 0.5)
    assert recipe.training.instances == ("ml.g5.2xlarge",)
    assert recipe.deploy.instances == ("ml.g6.xlarge",)


def test_defaults_without_any_allowed_instance_type_are_refused() -> None:
    other = msgspec.structs.replace(LIMITS, allowed_instance_types="ml.g6e.xlarge")

    with pytest.raises(RecipeError, match=r"training\.instances \(default\): ml\.g6\.2xlarge"):
        read_recipe(b"", limits=other)


def parameters(*more: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of template.yaml that limit recipes, and others by their names."""
    text = (ROOT / "template.yaml").read_text()
    found = yaml.safe_load(text[text.index("\nParameters:\n") : text.index("\nRules:\n")])
    names = ("AllowedInstanceTypes", "MaxTrainingHours", "MaxBudgetUsd", "MaxEndpointHours")
    return {name: found["Parameters"][name] for name in (*names, *more)}


def test_limits_of_the_template_leave_the_defaults_as_they_are() -> None:
    known = {
        re.sub("(?<!^)(?=[A-Z])", "_", name).upper(): each["Default"]
        for name, each in parameters().items()
    }
    limits = msgspec.convert(known, Limits, strict=False)

    assert read_recipe(b"", limits=limits) == Recipe()


@pytest.mark.parametrize("name", parameters("MaxMonthlyUsd"))
def test_each_limit_is_documented_with_its_default(name: str) -> None:
    page = (ROOT / "docs/recipe.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))

    assert str(parameters("MaxMonthlyUsd")[name]["Default"]).replace(",", ", ") in row
