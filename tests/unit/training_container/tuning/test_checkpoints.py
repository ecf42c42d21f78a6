"""A job resumes from the latest complete checkpoint."""

import json
from pathlib import Path

import pytest

from container_folders import ContainerFolders
from tuning.checkpoints import REQUIRED, WEIGHTS, checkpoint_folder, latest_complete, step_of

COMPLETE = (WEIGHTS[0], *REQUIRED)


def make_checkpoint(folder: Path, step: int, names: tuple[str, ...] = COMPLETE) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    for name in names:
        (checkpoint / name).write_bytes(b"")
    return checkpoint


def test_without_checkpoints_there_is_none_to_resume_from(tmp_path: Path) -> None:
    assert latest_complete(tmp_path) is None
    assert latest_complete(tmp_path / "never made") is None


def test_latest_checkpoint_is_the_one_with_the_highest_step(tmp_path: Path) -> None:
    # Given two checkpoints whose names sort in the other order
    make_checkpoint(tmp_path, 90)
    make_checkpoint(tmp_path, 100)

    # When the latest is looked for
    found = latest_complete(tmp_path)

    # Then it is the one with the higher number
    assert found is not None
    assert step_of(found) == 100


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_checkpoint_of_an_adapter_or_of_all_weights_is_complete(
    tmp_path: Path, weights: str
) -> None:
    complete = make_checkpoint(tmp_path, 20, (weights, *REQUIRED))

    assert latest_complete(tmp_path) == complete


@pytest.mark.parametrize("names", [COMPLETE[:-1], REQUIRED])
def test_incomplete_checkpoint_is_removed(tmp_path: Path, names: tuple[str, ...]) -> None:
    # Given a complete checkpoint, and a later one without its last file or without weights
    complete = make_checkpoint(tmp_path, 20)
    incomplete = make_checkpoint(tmp_path, 40, names)

    # When the latest is looked for, then it is the complete one, and the other is gone
    assert latest_complete(tmp_path) == complete
    assert not incomplete.exists()


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        (None, "checkpoints"),
        ({}, "checkpoints"),
        ({"learning_rate": "1e-4"}, "checkpoints"),
        ({"learning_rate": "1e-4", "_tuning_objective_metric": "x"}, "checkpoints/job-001"),
    ],
)
def test_each_trial_has_a_folder_of_its_own(
    tmp_path: Path, given: dict[str, str] | None, folder: str
) -> None:
    # Given the hyperparameters.json of a job, or of a trial of a tuning job
    folders = ContainerFolders(tmp_path)
    if given is not None:
        folders.hyperparameters.parent.mkdir(parents=True)
        folders.hyperparameters.write_text(json.dumps(given))

    # Then
    assert checkpoint_folder(folders, "job-001") == tmp_path / folder
