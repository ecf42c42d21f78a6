"""Put TRL's trainer together."""

from pathlib import Path

from datasets import Dataset
from peft.helpers import disable_input_dtype_casting
from transformers import PrinterCallback, set_seed
from trl import SFTTrainer

from tuning.base_model import LoadedModel, lora
from tuning.compact_loss import skip_masked_positions
from tuning.configuration import Hyperparameters
from tuning.progress import ProgressLog
from tuning.trainer_arguments import Schedule, trainer_arguments


def make_trainer(
    base: LoadedModel,
    *,
    train: Dataset,
    validation: Dataset,
    chosen: Hyperparameters,
    checkpoints: Path,
) -> SFTTrainer:
    """SFTTrainer on tokenized rows with labels; it logs through ProgressLog only."""
    skip_masked_positions()
    set_seed(chosen.seed)
    trainer = SFTTrainer(
        model=base.weights,
        args=trainer_arguments(
            chosen,
            Schedule.plan(len(train), chosen),
            checkpoints=checkpoints,
            parameters=base.weights.num_parameters(),
        ),
        train_dataset=train,
        eval_dataset=validation,
        processing_class=base.tokenizer,
        peft_config=lora(chosen),
        callbacks=[ProgressLog()],
    )
    trainer.remove_callback(PrinterCallback)  # it would print every dictionary a second time
    return trainer


def train_from(trainer: SFTTrainer, checkpoint: Path | None) -> None:
    """Train to the end, from a checkpoint if there is one, and load the best one at last.

    PEFT widens every layer's input to the adapter's float32, which autocast then narrows again to
    bfloat16: the detour is left out (7% of a step on a CPU).
    """
    with disable_input_dtype_casting(trainer.model):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
