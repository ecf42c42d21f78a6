"""Paths are written for /opt/ml; another root moves all of them."""

from pathlib import Path

import pytest

from container_folders import ContainerFolders


@pytest.mark.parametrize("environment", [{}, {"SAGEMAKER_BASE_DIR": ""}])
def test_the_root_is_opt_ml_unless_said_otherwise(environment: dict[str, str]) -> None:
    folders = ContainerFolders.from_environment(environment)

    assert folders.channel("train") == Path("/opt/ml/input/data/train")
    assert folders.failure == Path("/opt/ml/output/failure")


def test_a_path_below_opt_ml_is_read_below_another_root() -> None:
    folders = ContainerFolders.from_environment({"SAGEMAKER_BASE_DIR": "/elsewhere"})

    assert folders.resolve("/opt/ml/additional-model-data-sources/tuned") == Path(
        "/elsewhere/additional-model-data-sources/tuned"
    )
    assert folders.resolve("/opt/mlx/tuned") == Path("/opt/mlx/tuned")
