"""The training techniques by the name that training.json gives them.

A new technique is a module that has what `Objective` names, and a line in OBJECTIVES.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final, Protocol

from datasets import Dataset
from transformers import Trainer

from tuning.base_model import LoadedModel
from tuning.channels import RowFormat
from tuning.chat_tokenizer import ChatTokenizer
from tuning.configuration import Hyperparameters
from tuning.errors import ConfigurationError
from tuning.objectives import dpo, kto, pretraining, sft
from tuning.row_fitting import FittedRows


class Objective(Protocol):
    """What train.py needs of a training technique. The modules in this folder implement it.

    train.py calls the functions in this order, the first one for each channel.
    """

    @property
    def ROWS(self) -> RowFormat:  # noqa: N802  a constant of the module
        """What a line of a split file becomes."""

    def fit_rows(
        self, rows: Dataset, chat: ChatTokenizer, *, max_length: int, channel: str
    ) -> FittedRows:
        """Tokenize the rows into at most `max_length` tokens each.

        Raises:
            DataError: the chat template refuses a row, or no row fits.
        """

    def make_trainer(
        self,
        base: LoadedModel,
        *,
        train: Dataset,
        validation: Dataset,
        chosen: Hyperparameters,
        checkpoints: Path,
    ) -> Trainer:
        """Return the trainer for fitted rows. It computes in the number type of `base`."""

    def prove_trainable(
        self, rows: Dataset, end_of_turn_ids: AbstractSet[int], *, channel: str
    ) -> None:
        """Check, before the first step, that the trainer's rows teach an answer and its end.

        Raises:
            DataError: naming the first row that does not.
        """


OBJECTIVES: Final[Mapping[str, Objective]] = {
    "sft": sft,
    "dpo": dpo,
    "kto": kto,
    "pretraining": pretraining,
}


def objective_of(technique: str) -> Objective:
    """Return the module of a technique.

    Raises:
        ConfigurationError: the technique is not built.
    """
    if technique not in OBJECTIVES:
        raise ConfigurationError(
            f"training.json: the technique {technique!r} is not built; this training image has "
            f"{', '.join(OBJECTIVES)}: drop data of another kind, or deploy an image that has it"
        )
    return OBJECTIVES[technique]
