"""Find the checkpoint to go on from."""

import shutil
from pathlib import Path
from typing import Final

REQUIRED: Final = (
    "adapter_model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "trainer_state.json",  # the trainer writes it last
)


def latest_complete(folder: Path) -> Path | None:
    """The checkpoint with the highest step, or None; unfinished ones are removed.

    A kill in the middle of a save, or of the copy to S3, leaves one without all its files.
    """
    complete = []
    for checkpoint in folder.glob("checkpoint-*"):
        if all((checkpoint / name).is_file() for name in REQUIRED):
            complete.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(complete, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """The step after which a checkpoint was taken, from its name."""
    return int(checkpoint.name.removeprefix("checkpoint-"))
