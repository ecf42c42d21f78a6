"""The catalogue of instance types agrees with AWS, and refuses what cannot train."""

import json

import botocore.session
import pytest

from tunedrop.errors import RecipeError
from tunedrop.recipe.instances import CATALOGUE
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

MODEL = botocore.session.get_session().get_service_model("sagemaker")


@pytest.mark.parametrize(
    ("use", "shape"),
    [
        ("training", "TrainingInstanceType"),
        ("hosting", "ProductionVariantInstanceType"),
        ("processing", "ProcessingInstanceType"),
    ],
)
def test_sagemaker_has_every_type_of_the_catalogue(use: str, shape: str) -> None:
    # Given
    names = {name for name, each in CATALOGUE.instances.items() if getattr(each, use)}

    # Then
    assert names
    assert names <= set(MODEL.shape_for(shape).enum)


def test_the_default_recipe_names_types_that_can_train() -> None:
    assert set(Recipe().training.instances) <= set(CATALOGUE.trainable())


def test_qlora_is_refused_on_a_type_without_a_gpu() -> None:
    # Given a catalogue whose owner trains small models on a CPU
    row = {"ml.c7i.4xlarge": {"training": True, "training_usd": 0.86}}
    catalogue = CATALOGUE.overridden_by(json.dumps({"instances": row}).encode())
    text = "training: {instances: [ml.c7i.4xlarge]}\nmethod: "

    # When
    read_recipe(f"{text}lora".encode(), catalogue)
    with pytest.raises(RecipeError) as caught:
        read_recipe(f"{text}qlora".encode(), catalogue)

    # Then
    assert "line 1: training.instances[0]: ml.c7i.4xlarge has no GPU" in caught.value.message
    assert "method qlora" in caught.value.message
    assert "ml.c7i.4xlarge" not in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ml.p5.48xlarge", "has 8 GPUs; training on several GPUs is not built yet"),
        ("ml.g6.12xlarge", "has 4 GPUs"),
        ("ml.g4dn.xlarge", "has a GPU without bfloat16"),
        ("ml.m5.xlarge", "has no GPU"),
        ("ml.x9.large", "is not in the catalogue of instance types (2026-09)"),
    ],
)
def test_a_type_that_cannot_train_is_refused_with_its_line(name: str, words: str) -> None:
    # Given
    text = f"task: auto\ntraining:\n  instances:\n    - ml.g6.2xlarge\n    - {name}\n"

    # When
    with pytest.raises(RecipeError) as caught:
        read_recipe(text.encode())

    # Then
    assert caught.value.message.startswith("recipe.yaml, line 5: training.instances[1]: ")
    assert words in caught.value.message
    assert "ml.g6.2xlarge" in caught.value.remedy
    assert name not in caught.value.remedy


def test_the_stacks_own_catalogue_adds_and_replaces_types() -> None:
    # Given
    rows = {
        "ml.x9.large": {"gpus": 1, "training": True, "tflops": 50.0, "training_usd": 0.5},
        "ml.g6.2xlarge": {"gpus": 1, "training": True, "tflops": 121.0, "training_usd": 9.0},
    }
    text = json.dumps({"read": "2026-11", "instances": rows}).encode()

    catalogue = CATALOGUE.overridden_by(text)

    # Then
    assert "ml.x9.large" in catalogue.trainable()
    assert catalogue.instances["ml.g6.2xlarge"].training_usd == 9.0
    assert catalogue.instances["ml.g5.2xlarge"] == CATALOGUE.instances["ml.g5.2xlarge"]
    assert read_recipe(b"training: {instances: [ml.x9.large]}", catalogue)


def test_a_broken_catalogue_of_the_stack_is_refused() -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        CATALOGUE.overridden_by(b'{"instances": {"ml.x": {"gpu_count": 1}}}')
