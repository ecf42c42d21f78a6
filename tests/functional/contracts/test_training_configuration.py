"""What `train` writes into the `config` channel is what the container accepts, and no more.

Functions and container share no code: they meet in config/training.json.
"""

from typing import Any

import msgspec
import pytest

from tunedrop.jobs.training_job import ModelReference, TrainingConfig
from tunedrop.recipe.schema import Hyperparameters
from tuning.configuration import TrainingConfig as Accepted
from tuning.errors import ConfigurationError

FIELDS = {field.name: field for field in msgspec.structs.fields(Hyperparameters)}


def written(**hyperparameters: Any) -> Any:
    config = TrainingConfig(
        version=1,
        run="0a1b2c3d4e5f",
        base_model=ModelReference("org/model", "main"),
        method="lora",
        hyperparameters=msgspec.convert(hyperparameters, Hyperparameters),
    )
    return msgspec.json.decode(msgspec.json.encode(config))


def extremes(name: str) -> list[Any]:
    """The smallest and the largest value that the recipe lets through."""
    kind = msgspec.inspect.type_info(FIELDS[name].type)
    if isinstance(kind, msgspec.inspect.LiteralType):
        return list(kind.values)
    assert isinstance(kind, msgspec.inspect.IntType | msgspec.inspect.FloatType)
    low, high = kind.ge, kind.le if kind.le is not None else None
    if high is None:
        assert kind.lt is not None
        high = kind.lt - 1
    return [low, high]


def test_the_defaults_are_the_same_on_both_sides() -> None:
    # Given
    accepted = Accepted.from_json(written())

    # Then
    for name in FIELDS:
        assert getattr(accepted.hyperparameters, name) == getattr(Hyperparameters(), name)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_container_accepts_the_ends_of_the_recipes_ranges(name: str) -> None:
    for value in extremes(name):
        accepted = Accepted.from_json(written(**{name: value}))
        assert getattr(accepted.hyperparameters, name) == value


def test_the_container_refuses_an_unknown_key() -> None:
    # Given
    content = written()
    content["hyperparameters"]["learning_rte"] = 1.0

    # Then
    with pytest.raises(ConfigurationError, match="learning_rate"):
        Accepted.from_json(content)
