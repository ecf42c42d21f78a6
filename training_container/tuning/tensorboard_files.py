"""Files for TensorBoard: every figure that the trainer logs, its arguments, the model's settings.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TensorBoardOutputConfig.html
"""

from pathlib import Path
from typing import Final

from tensorboardX import SummaryWriter
from transformers import Trainer
from transformers.integrations.integration_utils import TensorBoardCallback

from container_folders import ContainerFolders

TRIAL_FOLDER: Final = "tensorboard"
"""The folder of a trial's files, beside its checkpoints."""


def write_tensorboard_files(
    trainer: Trainer, folders: ContainerFolders, checkpoints: Path, resumed_at: int | None
) -> None:
    """Let the trainer write event files while it trains.

    The trials of a tuning job have no TensorBoardOutputConfig, so each keeps its files with its
    checkpoints, which SageMaker copies too.

    Args:
        trainer: the trainer, before it trains.
        folders: the container's folders.
        checkpoints: where this job keeps its checkpoints.
        resumed_at: the step of the checkpoint from which the job goes on. TensorBoard then leaves
            out the later steps of the process before it.
    """
    is_trial = checkpoints != folders.checkpoints
    folder = checkpoints / TRIAL_FOLDER if is_trial else folders.tensorboard
    after = None if resumed_at is None else resumed_at + 1
    writer = SummaryWriter(str(folder), purge_step=after)
    callback = TensorBoardCallback(writer)  # type: ignore[no-untyped-call]  # no types there
    trainer.add_callback(callback)
