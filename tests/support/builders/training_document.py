"""config/training.json as the train function writes it."""

from typing import Any

import msgspec

from tunedrop.documents.dataset import Task
from tunedrop.jobs.training_job import training_config
from tunedrop.recipe.schema import Recipe


def training_document(task: Task = "classification", **hyperparameters: Any) -> dict[str, Any]:
    """Return the parsed document for a small model, with some hyperparameters replaced.

    The values are not checked, so that a test can give the container a wrong one.
    """
    config = training_config("0123456789ab", Recipe(base_model="tests/tiny"), task)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(config))
    document["hyperparameters"] |= hyperparameters
    return document
