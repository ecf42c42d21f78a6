"""Paths begin with /opt/ml, or with another root instead."""

from pathlib import Path

import pytest

from container_folders import ContainerFolders


@pytest.mark.parametrize("environment", [{}, {"SAGEMAKER_BASE_DIR": ""}])
def test_root_is_opt_ml_by_default(environment: dict[str, str]) -> None:
    folders = ContainerFolders.from_environment(environment)

    assert folders.channel("train") == Path("/opt/ml/input/data/train")
    assert folders.failure == Path("/opt/ml/output/failure")


def test_path_below_opt_ml_is_resolved_below_the_root() -> None:
    # Given another root
    folders = ContainerFolders.from_environment({"SAGEMAKER_BASE_DIR": "/elsewhere"})

    # When paths are resolved, then only those below /opt/ml change
    assert folders.resolve("/opt/ml/additional-model-data-sources/tuned") == Path(
        "/elsewhere/additional-model-data-sources/tuned"
    )
    assert folders.resolve("/opt/mlx/tuned") == Path("/opt/mlx/tuned")
