"""End a training that has stopped to improve."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class EarlyStopping(TrainerCallback):
    """Stops the training after `patience` evaluations in a row without a lower validation loss.

    The checkpoint with the lowest loss is kept in any case. The losses are read from the trainer's
    history, which a resumed job has too, so that it stops at the same step.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002  the signature is transformers'
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        """Stop if the best evaluation is so long ago."""
        losses = [entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry]
        best = min(range(len(losses)), key=losses.__getitem__, default=0)
        if len(losses) - 1 - best >= self._patience:
            control.should_training_stop = True
