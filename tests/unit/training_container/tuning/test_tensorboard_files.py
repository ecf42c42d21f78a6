"""Where a job writes its files for TensorBoard."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from container_folders import ContainerFolders
from tuning.tensorboard_files import write_tensorboard_files


@pytest.mark.parametrize(
    ("kept_in", "written_to"),
    [
        ("checkpoints", "output/tensorboard"),
        ("checkpoints/tweets-1-004", "checkpoints/tweets-1-004/tensorboard"),
    ],
    ids=["a job", "a trial"],
)
def test_a_trial_keeps_its_files_with_its_checkpoints(
    tmp_path: Path, kept_in: str, written_to: str
) -> None:
    # Given a trainer, and where its job keeps its checkpoints
    callbacks: list[Any] = []
    trainer: Any = SimpleNamespace(add_callback=callbacks.append)

    # When it is told to write event files
    write_tensorboard_files(trainer, ContainerFolders(tmp_path), tmp_path / kept_in, None)
    (callback,) = callbacks
    callback.tb_writer.close()

    # Then they are in a folder that SageMaker copies
    assert list((tmp_path / written_to).glob("events.out.tfevents.*"))
