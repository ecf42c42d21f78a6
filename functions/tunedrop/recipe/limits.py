"""What the stack allows a recipe to order, and the largest recipe.yaml that is read.

Anyone who may put an object into the bucket may order training jobs and endpoints. The limits are
parameters of the stack, so that only those who may update the stack can raise them.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from tunedrop.errors import RecipeError
from tunedrop.recipe.names import InstanceType
from tunedrop.recipe.schema import Recipe

MAX_BYTES = 65_536  # Bytes of recipe.yaml.
REMEDY = "Correct recipe.yaml and drop it again; the data itself need not be dropped again."


def too_large() -> RecipeError:
    """Return the error of a recipe with more bytes than are read."""
    return RecipeError(f"recipe.yaml is larger than {MAX_BYTES:,} bytes.", REMEDY)


class Limits(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """The limits, as `tunedrop.settings.read_settings` reads them from the environment.

    `allowed_instance_types` are names with commas between them, `mlflow_server_arn` is empty when
    there is no server.
    """

    allowed_instance_types: str
    max_training_hours: float
    max_budget_usd: float
    max_endpoint_hours: float
    mlflow_server_arn: str = ""

    @property
    def instances(self) -> list[str]:
        """The names of the instance types for training and for endpoints."""
        return [name.strip() for name in self.allowed_instance_types.split(",")]


def refuse_beyond_limits(recipe: Recipe, limits: Limits, lines: Mapping[str, int]) -> Recipe:
    """Return the recipe with defaults that keep within the limits.

    A default above a limit is lowered to it, because nobody asked for the default.

    Args:
        recipe: the recipe as it was read.
        limits: the limits of the stack.
        lines: the line of each key that recipe.yaml has.

    Raises:
        RecipeError: recipe.yaml itself orders more than the stack allows, or no default instance
            type is allowed.
    """
    training, deploy = recipe.training, recipe.deploy
    hours = _most(
        "training.max_hours",
        training.max_hours,
        (limits.max_training_hours, "MaxTrainingHours"),
        lines,
    )
    ttl = _most(
        "deploy.ttl_hours", deploy.ttl_hours, (limits.max_endpoint_hours, "MaxEndpointHours"), lines
    )
    usd = _most("budget_usd", recipe.budget_usd, (limits.max_budget_usd, "MaxBudgetUsd"), lines)
    training_types = _allowed("training.instances", training.instances, limits, lines)
    _require_own_server(recipe, limits, lines)
    hosting_types = _allowed("deploy.instances", deploy.instances, limits, lines)
    return replace(
        recipe,
        budget_usd=usd,
        training=replace(training, instances=training_types, max_hours=hours),
        deploy=replace(deploy, instances=hosting_types, ttl_hours=ttl),
    )


def _most(key: str, value: float, limit: tuple[float, str], lines: Mapping[str, int]) -> float:
    """Return the value, a default lowered to the limit; `limit` is (number, parameter)."""
    most, parameter = limit
    if value > most and key in lines:
        raise RecipeError(
            f"recipe.yaml, line {lines[key]}: {key}: {value:g} is more than {most:g}, the most "
            f"that this stack allows (its parameter {parameter}).",
            f"Write {most:g} or less, or have {parameter} raised; then drop the recipe again.",
        )
    return min(value, most)


def _require_own_server(recipe: Recipe, limits: Limits, lines: Mapping[str, int]) -> None:
    """Raise RecipeError for an MLflow server to which the role of training jobs may not write."""
    own = limits.mlflow_server_arn
    if recipe.mlflow is None or recipe.mlflow == own:
        return
    may = f"only to {own}" if own else "to none"
    raise RecipeError(
        f"recipe.yaml, line {lines['mlflow']}: mlflow: the training jobs of this stack may not "
        f"write to {recipe.mlflow}, {may} (its parameter MlflowServerArn).",
        "Write that server under mlflow, take the key out, or have MlflowServerArn changed; then "
        "drop the recipe again.",
    )


def _allowed(
    key: str, names: tuple[InstanceType, ...], limits: Limits, lines: Mapping[str, int]
) -> tuple[InstanceType, ...]:
    """Return the instance types; defaults that are not allowed are left out."""
    known = limits.instances
    refused = [name for name in names if name not in known]
    if refused and (key in lines or len(refused) == len(names)):
        where = f"recipe.yaml, line {lines[key]}: {key}" if key in lines else f"{key} (default)"
        raise RecipeError(
            f"{where}: {refused[0]} is not among the instance types that this stack allows: "
            f"{', '.join(known)} (its parameter AllowedInstanceTypes).",
            f"Write one of them under {key} in recipe.yaml, or have AllowedInstanceTypes extended; "
            "then drop the recipe again.",
        )
    return tuple(name for name in names if name in known)
