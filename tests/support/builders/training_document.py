"""config/training.json as the train function writes it."""

from typing import Any

import msgspec

from tunedrop.documents.dataset import Task
from tunedrop.jobs.choosing import Chosen
from tunedrop.jobs.training_job import training_config
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.schema import Recipe

SMALL = Hyperparameters(
    epochs=3.0,
    learning_rate=2.0e-4,
    lora_rank=16,
    lora_alpha=32,
    lora_dropout=0.05,
    batch_size=8,
    gradient_accumulation_steps=1,
    max_length=1024,
    warmup_fraction=0.03,
    scheduler="cosine",
    weight_decay=0.0,
    evaluations_per_epoch=4,
    beta=0.1,
    seed=17,
)
"""The hyperparameters of a training that needs no care."""


def training_document(task: Task = "classification", **hyperparameters: Any) -> dict[str, Any]:
    """Return the parsed document for a small model, with some hyperparameters replaced.

    The values are not checked, so that a test can give the container a wrong one.
    """
    recipe = Recipe(base_model="tests/tiny")
    config = training_config("0123456789ab", recipe, task, Chosen(SMALL, []))
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(config))
    document["hyperparameters"] |= hyperparameters
    return document
