"""A job goes on from a checkpoint that is whole."""

from pathlib import Path

from tuning.checkpoints import REQUIRED, latest_complete, step_of


def make_checkpoint(folder: Path, step: int, names: tuple[str, ...] = REQUIRED) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    for name in names:
        (checkpoint / name).write_bytes(b"")
    return checkpoint


def test_without_checkpoints_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert latest_complete(tmp_path) is None
    assert latest_complete(tmp_path / "never made") is None


def test_the_highest_step_counts_not_the_last_by_name(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 90)
    make_checkpoint(tmp_path, 100)

    found = latest_complete(tmp_path)

    assert found is not None
    assert step_of(found) == 100


def test_a_checkpoint_that_was_cut_off_is_removed(tmp_path: Path) -> None:
    whole = make_checkpoint(tmp_path, 20)
    cut_off = make_checkpoint(tmp_path, 40, REQUIRED[:-1])

    assert latest_complete(tmp_path) == whole
    assert not cut_off.exists()
