"""The hyperparameters: what a recipe gives, and the complete values of a training job.

Both have the same names and ranges. What the recipe does not give is chosen from the model and the
data by `tunedrop.jobs.choosing`; training.json carries the complete values, with their ranges.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tunedrop.recipe.section import CHOSEN, Section

LONGEST_CHOSEN = 8_192
"""The largest `max_length` in tokens that is chosen; a larger one must be given."""

Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Epochs = Annotated[float, Meta(ge=0.01, le=100)]
LearningRate = Annotated[float, Meta(ge=1e-7, le=1)]
Rank = Annotated[int, Meta(ge=1, le=256)]
Alpha = Annotated[int, Meta(ge=1, le=1024)]
Dropout = Annotated[float, Meta(ge=0, le=0.9)]
BatchSize = Annotated[int, Meta(ge=1, le=512)]
Accumulation = Annotated[int, Meta(ge=1, le=512)]
MaxLength = Annotated[int, Meta(ge=16, le=131_072)]
WarmupFraction = Annotated[float, Meta(ge=0, le=0.5)]
Scheduler = Literal["cosine", "linear", "constant"]
WeightDecay = Annotated[float, Meta(ge=0, le=1)]
Evaluations = Annotated[int, Meta(ge=1, le=100)]
Beta = Annotated[float, Meta(ge=0.001, le=10)]


class Hyperparameters(msgspec.Struct, frozen=True, kw_only=True):
    """The complete settings of one training job, which TRL and PEFT receive."""

    epochs: Epochs
    learning_rate: LearningRate
    lora_rank: Rank
    lora_alpha: Alpha
    lora_dropout: Dropout
    batch_size: BatchSize
    gradient_accumulation_steps: Accumulation
    max_length: MaxLength
    warmup_fraction: WarmupFraction
    scheduler: Scheduler
    weight_decay: WeightDecay
    evaluations_per_epoch: Evaluations
    beta: Beta = 0.1  # Training configurations of before November 28, 2026 have none.
    seed: Seed


class GivenHyperparameters(Section, frozen=True, kw_only=True):
    """The settings of the training that the recipe gives; None where they are chosen."""

    epochs: Annotated[Epochs | None, CHOSEN] = None
    """How many times the training rows are passed through the model."""
    learning_rate: Annotated[LearningRate | None, CHOSEN] = None
    """Learning rate after the warm-up."""
    lora_rank: Annotated[Rank | None, CHOSEN] = None
    """Rank of the LoRA matrices."""
    lora_alpha: Annotated[Alpha | None, CHOSEN] = None
    """The adapter's output is scaled by `lora_alpha / lora_rank`."""
    lora_dropout: Annotated[Dropout | None, CHOSEN] = None
    """Dropout before the LoRA matrices."""
    batch_size: Annotated[BatchSize | None, CHOSEN] = None
    """Rows in one forward pass."""
    gradient_accumulation_steps: Annotated[Accumulation | None, CHOSEN] = None
    """Forward passes before the weights are updated."""
    max_length: Annotated[MaxLength | None, CHOSEN] = None
    """Tokens of a row, prompt and answer together. Of a longer row, the middle of the prompt's
    longest message is cut; a row that is still too long is left out."""
    warmup_fraction: Annotated[WarmupFraction | None, CHOSEN] = None
    """Share of the steps in which the learning rate rises from zero."""
    scheduler: Annotated[Scheduler | None, CHOSEN] = None
    """How the learning rate changes after the warm-up."""
    weight_decay: Annotated[WeightDecay | None, CHOSEN] = None
    """AdamW's weight decay."""
    evaluations_per_epoch: Annotated[Evaluations | None, CHOSEN] = None
    """How often in an epoch the validation loss is measured and a checkpoint is kept."""
    beta: Annotated[Beta | None, CHOSEN] = None
    """Preferences and judged answers only: how closely the model is kept to the base model. A
    smaller value lets it change more."""
    seed: Seed = 17
    """Seed of the order of rows, the dropout and the initial adapter."""
