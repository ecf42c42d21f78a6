"""Put TRL's trainer together."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from peft.helpers import disable_input_dtype_casting
from torch.utils.data import Sampler
from transformers import PrinterCallback, set_seed
from trl import SFTTrainer

from tuning.base_model import LoadedModel, lora
from tuning.configuration import Hyperparameters
from tuning.progress import ProgressLog, log_line
from tuning.speed.batching import Batching, plan_batching
from tuning.speed.compact_adapter import compact_adapters
from tuning.speed.compact_loss import skip_masked_positions
from tuning.trainer_arguments import Schedule, trainer_arguments


class RowTrainer(SFTTrainer):  # type: ignore[misc]  # TRL has no types
    """TRL's trainer, with batches laid out by `batching`."""

    def __init__(self, *, batching: Batching, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._batching = batching
        if batching.collator:  # TRL takes no collator together with padding_free
            self.data_collator = batching.collator

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int] | None:
        """Return the order that gathers rows which begin alike, or else TRL's random one."""
        return self._batching.order or super()._get_train_sampler(train_dataset)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, **options: Any) -> Any:
        """Count the tokens of the rows into num_tokens, not only those that were computed."""
        saved = inputs.pop("saved_tokens", 0)
        if model.training:
            self._total_train_tokens += saved
        return super().compute_loss(model, inputs, *rest, **options)


def make_trainer(
    base: LoadedModel,
    *,
    train: Dataset,
    validation: Dataset,
    chosen: Hyperparameters,
    checkpoints: Path,
) -> RowTrainer:
    """RowTrainer on tokenized rows with labels; it logs through ProgressLog only.

    It computes in the type that the base model was loaded in.
    """
    skip_masked_positions()
    batching = plan_batching(base.weights, train, chosen)
    log_line(event="batches", **batching.figures)
    set_seed(chosen.seed)
    trainer = RowTrainer(
        batching=batching,
        model=base.weights,
        args=trainer_arguments(
            chosen,
            Schedule.plan(len(train), chosen),
            checkpoints=checkpoints,
            base=base.weights,
        ),
        train_dataset=train,
        eval_dataset=validation,
        processing_class=base.tokenizer,
        peft_config=lora(chosen),
        callbacks=[ProgressLog()],
    )
    compact_adapters(trainer.model)
    trainer.remove_callback(PrinterCallback)  # it would print every dictionary a second time
    return trainer


def train_from(trainer: SFTTrainer, checkpoint: Path | None) -> None:
    """Train to the end, from a checkpoint if there is one, and load the best one at last.

    PEFT widens every layer's input to the adapter's float32, which autocast then narrows again to
    bfloat16: the detour is left out (7% of a step on a CPU).
    """
    with disable_input_dtype_casting(trainer.model):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
