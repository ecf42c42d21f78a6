"""The container accepts exactly what the train function writes into the `config` channel.

Functions and container share no code. They meet in config/training.json.
"""

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from container_folders import ContainerFolders
from tests.support.builders.runs import run_of
from tests.support.builders.training_document import SMALL, training_document
from tunedrop.documents.dataset import TECHNIQUES, Technique
from tunedrop.jobs.choosing import Chosen
from tunedrop.jobs.training_job import (
    CONFIG_VERSION,
    TrainingSettings,
    training_config,
    training_job_request,
)
from tunedrop.recipe.hyperparameters import GivenHyperparameters, Hyperparameters
from tunedrop.recipe.ranges import NumberRange, TextChoice, hyperparameter_ranges
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe
from tuning.configuration import VERSION, TrainingConfig
from tuning.errors import ConfigurationError
from tuning.objectives.registry import OBJECTIVES

RUN = run_of()
RANGES = hyperparameter_ranges()


def limits(allowed: NumberRange | TextChoice) -> list[Any]:
    """Return the smallest and the largest number of a range, or all its texts."""
    if isinstance(allowed, TextChoice):
        return list(allowed.enum)
    return [allowed.minimum, allowed.maximum]


def test_both_sides_write_and_read_the_same_version() -> None:
    assert CONFIG_VERSION == VERSION


def test_the_chosen_hyperparameters_arrive_unchanged() -> None:
    # Given training.json
    document = training_document()

    # When the container reads it
    config = TrainingConfig.from_json(document)

    # Then it has the values that were chosen
    for name, value in msgspec.structs.asdict(SMALL).items():
        assert getattr(config.hyperparameters, name) == value
    assert (config.technique, config.method, config.learn) == ("sft", "lora", "all")


def test_every_hyperparameter_has_a_range() -> None:
    names = [field.name for field in msgspec.structs.fields(Hyperparameters)]
    assert list(RANGES) == names == list(GivenHyperparameters.__struct_fields__)


@pytest.mark.parametrize("name", RANGES)
def test_recipe_and_container_accept_the_limits_of_each_range(name: str) -> None:
    for value in limits(RANGES[name]):
        # Given a value that the recipe accepts
        msgspec.convert({name: value}, GivenHyperparameters)

        # When the container reads it
        config = TrainingConfig.from_json(training_document(**{name: value}))

        # Then it accepts it too
        assert getattr(config.hyperparameters, name) == value


@pytest.mark.parametrize("name", RANGES)
def test_recipe_and_container_refuse_what_is_outside_a_range(name: str) -> None:
    allowed = RANGES[name]
    outside: list[Any] = ["polynomial"]
    if isinstance(allowed, NumberRange):
        outside = [allowed.minimum - 1, allowed.maximum + 1]
    for value in outside:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({name: value}, GivenHyperparameters)
        with pytest.raises(ConfigurationError, match=f"{name} must be"):
            TrainingConfig.from_json(training_document(**{name: value}))


@pytest.mark.parametrize(
    ("recipe", "name", "value"),
    [
        ("", "learn", "all"),
        ("learn: last", "learn", "last"),
        ("method: qlora", "method", "qlora"),
        ("method: full", "method", "full"),
        ("", "merge", False),
        ("deploy: {merge: true}", "merge", True),
        ("mix: {dataset: general, share: 0.3}", "mix_share", 0.3),
        ("early_stopping: off", "patience", 0),
        ("early_stopping: {patience: 5}", "patience", 5),
        ("hyperparameters: {evaluations_per_epoch: 7}", "patience", 7),
    ],
)
def test_a_key_of_the_recipe_arrives_in_the_container(
    recipe: str, name: str, value: object
) -> None:
    # Given what a recipe says of the training
    read = read_recipe(recipe.encode())
    given = read.hyperparameters.evaluations_per_epoch
    chosen = Chosen(msgspec.structs.replace(SMALL, evaluations_per_epoch=given or 1), [])

    # When the container reads the file that the train function writes
    written = msgspec.json.encode(training_config("0123456789ab", read, "generation", chosen))
    config = TrainingConfig.from_json(msgspec.json.decode(written))

    # Then it has the key's value
    assert getattr(config, name) == value


def test_tensorboard_files_are_copied_from_where_the_job_writes_them() -> None:
    # Given the request of a training job
    request = training_job_request(RUN, Recipe(), TrainingSettings("image", "role", "stack", 1.0))

    # When SageMaker looks for the files, then it finds them in the container's folder
    assert request["TensorBoardOutputConfig"] == {
        "S3OutputPath": "s3://b/runs/tweets/0a1b2c3d4e5f/tensorboard",
        "LocalPath": str(ContainerFolders(Path("/opt/ml")).tensorboard),
    }


def test_functions_and_container_know_the_same_techniques() -> None:
    assert set(TECHNIQUES.values()) == set(OBJECTIVES) == set(get_args(Technique))
