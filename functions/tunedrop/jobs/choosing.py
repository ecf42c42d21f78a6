"""Choose the hyperparameters that the recipe does not give, from the model and the data.

Each rule is a pure function of the dataset's counts and the model's sizes, and tells its reason.
docs/training.md has the sources and what was measured.
"""

from math import ceil
from typing import NamedTuple

import msgspec

from tunedrop.documents.choices import Choice
from tunedrop.documents.dataset import TECHNIQUES, Dataset, Technique
from tunedrop.jobs.model_shape import ModelShape
from tunedrop.recipe.hyperparameters import (
    LONGEST_CHOSEN,
    GivenHyperparameters,
    Hyperparameters,
)
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.tuning import Space, space_of

Value = int | float | str
Rule = tuple[Value, str]
"""A value and its reason."""

GIVEN = "given in the recipe"
DEFAULT_SEED = GivenHyperparameters().seed
# The learning rate of LoRA in Tinker's cookbook: RATE * (SIZE / hidden size) ** exponent, with
# alpha 32. https://github.com/thinking-machines-lab/tinker-cookbook (hyperparam_utils.py)
RATE, SIZE, ALPHA = 5e-4, 2_000, 32
EXPONENTS = {"llama": 0.781, "qwen": 0.0775}
# In the sweep of the same cookbook over ten models of up to 9 billion parameters, no single rate
# had a smaller worst loss: 0.8% above the best of each model on average.
RATE_OF_UNKNOWN_MODEL = 3e-4
# Shares of that rate. The preference techniques start near the model that they must not leave:
# their published rates (5e-7 to 5e-6 for all weights) are a twentieth of those of SFT.
SHARES: dict[Technique, float] = {"sft": 1.0, "pretraining": 1.0, "dpo": 0.05, "kto": 0.05}
# All weights take a tenth of an adapter's rate: the best rate of LoRA was about ten times that of
# full fine-tuning, for all models and data of the experiments.
# https://thinkingmachines.ai/blog/lora/ ("Optimal learning rate and rank")
METHOD_SHARES = {"lora": 1.0, "qlora": 1.0, "full": 0.1}
PREFERENCE_TECHNIQUES = ("dpo", "kto")
BETA = 0.1  # Of both techniques' papers; only they use it.
RANKS = (8, 16, 32, 64, 128)
# OpenAI's rule for the epochs: 3, but at least 100 and at most 25,000 examples in all.
# https://cookbook.openai.com/examples/chat_finetuning_data_prep
EPOCHS, LEAST_EXAMPLES, MOST_EXAMPLES, MOST_EPOCHS = 3, 100, 25_000, 25
# Rows in one step, by the examples in all epochs: few examples need their steps.
BATCHES = ((400, 4), (8_000, 8))
LARGEST_BATCH = 16
TOKENS_A_PASS = 8_192  # In one forward pass, so that its activations fit into 24 GB.
LEAST_LENGTH, LENGTH_STEP, LENGTH_RESERVE = 512, 64, 1.25
WARMUP_STEPS, LEAST_WARMUP, MOST_WARMUP = 10, 0.03, 0.1
# A row of the validation takes a third of the time of a training row: it has no backward pass.
EVALUATION_SHARE, EVALUATION_COST, MOST_EVALUATIONS = 0.1, 1 / 3, 4


class Chosen(NamedTuple):
    """The complete hyperparameters, and for each of them where it comes from."""

    hyperparameters: Hyperparameters
    choices: list[Choice]

    @property
    def reasons(self) -> dict[str, str]:
        """The reason of each value by its name, as training.json carries them."""
        return {choice.name: choice.reason for choice in self.choices}


def choose(recipe: Recipe, dataset: Dataset, model: ModelShape | None) -> Chosen:
    """Return all hyperparameters; what the recipe gives is never changed.

    Args:
        recipe: what it gives decides.
        dataset: its task, rows and tokens.
        model: the sizes of the base model; None if they are not known.
    """
    given, technique = recipe.hyperparameters, TECHNIQUES[dataset.task]
    choices: dict[str, Choice] = {}

    def settle(name: str, rule: Rule) -> None:
        value = getattr(given, name)
        choices[name] = Choice(name, *(rule if value is None else (value, GIVEN)))

    def settled(name: str) -> float:
        return float(choices[name].value)

    rows = dataset.rows.train
    settle("epochs", epochs_for(rows, technique))
    settle("learning_rate", learning_rate_for(model, technique, recipe.method))
    settle("lora_rank", rank_for(dataset.tokens.completion, model))
    settle("lora_alpha", (ALPHA, f"the learning rate's rule is for {ALPHA}, at any rank"))
    settle("lora_dropout", (0.0, "the checkpoint with the lowest validation loss is kept"))
    settle("max_length", length_for(dataset, model, recipe.generation.answer_tokens))
    examples = rows * settled("epochs")
    for name, rule in _batches(examples, dataset, given).items():
        settle(name, rule)
    batch = settled("batch_size") * settled("gradient_accumulation_steps")
    settle("warmup_fraction", warmup_for(max(1, ceil(examples / batch))))
    settle("scheduler", ("cosine", "the rate falls to zero by the last step"))
    settle("weight_decay", (0.0, "the best checkpoint is kept"))
    settle("evaluations_per_epoch", evaluations_for(rows, dataset.rows.validation))
    settle("beta", (BETA, "the usual one"))
    choices["seed"] = Choice("seed", given.seed, GIVEN if given.seed != DEFAULT_SEED else "fixed")
    if recipe.tune:
        _note_tuned(choices, space_of(recipe.tune, settled("learning_rate")))
    values = {name: choice.value for name, choice in choices.items()}
    listed = [
        choices[name]
        for name in Hyperparameters.__struct_fields__
        if name != "beta" or technique in PREFERENCE_TECHNIQUES
    ]
    return Chosen(msgspec.convert(values, Hyperparameters), listed)


def _note_tuned(choices: dict[str, Choice], space: Space) -> None:
    """Say of each tuned hyperparameter where it is searched; its value is not used then."""
    for name, searched in space.items():
        reason = f"tuned: {searched}; without tuning: {choices[name].reason}"
        choices[name] = Choice(name, choices[name].value, reason)


def learning_rate_for(model: ModelShape | None, technique: Technique, method: str = "lora") -> Rule:
    """Return the rate by Tinker's rule; of an unknown family, the lower of the known ones."""
    share = SHARES[technique] * METHOD_SHARES[method]
    part = "" if SHARES[technique] == 1 else f", of which {technique} takes a twentieth"
    part += "; all weights take a tenth of an adapter's rate" if method == "full" else ""
    if model is None:
        rate = _rounded(RATE_OF_UNKNOWN_MODEL * share)
        return rate, f"the model's sizes are not known; {RATE_OF_UNKNOWN_MODEL:g} suits most{part}"
    rates = {name: RATE * (SIZE / model.hidden_size) ** power for name, power in EXPONENTS.items()}
    family = next((name for name in rates if name in model.model_type.lower()), None)
    rate = _rounded((rates[family] if family else min(rates.values())) * share)
    named = f"models like {family.title()}" if family else f"{model.model_type or 'this model'}"
    lower = "" if family else " (the lower one of its two forms)"
    return rate, f"Tinker's rule for {named} of hidden size {model.hidden_size:,}{lower}{part}"


def rank_for(completion: int, model: ModelShape | None) -> Rule:
    """Return the smallest rank whose adapter has as many parameters as there are answer tokens."""
    size = model.adapter_parameters if model else 0
    if not size:
        return 16, "the model's sizes are not known; 16 is the usual rank"
    rank = next((rank for rank in RANKS if rank * size >= completion), RANKS[-1])
    return rank, (
        f"{rank * size:,} adapter parameters for about {completion:,} tokens to learn in an epoch"
    )


def epochs_for(rows: int, technique: Technique) -> Rule:
    """Return 3, unless the rows are very few or very many; preferences are passed once."""
    if technique in PREFERENCE_TECHNIQUES:
        return 1.0, f"{technique} passes each row once: more makes the model forget"
    rows = max(1, rows)
    if rows * EPOCHS < LEAST_EXAMPLES:
        epochs = min(MOST_EPOCHS, ceil(LEAST_EXAMPLES / rows))
        return float(epochs), f"{rows:,} rows are few: {LEAST_EXAMPLES} examples are needed at all"
    if rows * EPOCHS > MOST_EXAMPLES:
        epochs = max(1, MOST_EXAMPLES // rows)
        return float(epochs), f"{rows:,} rows are many: about {MOST_EXAMPLES:,} examples suffice"
    return float(EPOCHS), f"usual for {rows:,} rows; the best checkpoint of all is kept"


def length_for(dataset: Dataset, model: ModelShape | None, answer: int) -> Rule:
    """Return a multiple of 64 above the longest row, as far as the model and a GPU allow it.

    `answer` tokens are left free, because the endpoint writes an answer after a prompt.
    """
    longest = dataset.tokens.longest
    wanted = max(LEAST_LENGTH, ceil(longest * LENGTH_RESERVE / LENGTH_STEP) * LENGTH_STEP)
    positions = (model.max_position_embeddings if model else None) or LONGEST_CHOSEN + answer
    context = max(16, positions - answer)
    length = min(wanted, LONGEST_CHOSEN, context)
    if length < wanted:
        limit = "the model's context" if context < LONGEST_CHOSEN else "what a GPU holds"
        return length, f"{limit}; the longest row has about {longest:,} tokens and is shortened"
    return length, f"the longest row has about {longest:,} tokens"


def _batches(examples: float, dataset: Dataset, given: GivenHyperparameters) -> dict[str, Rule]:
    """Return the rows of a forward pass and the passes of a step.

    KTO compares the rows of a pass with each other, so it needs two.
    """
    least = 2 if TECHNIQUES[dataset.task] == "kto" else 1
    wanted = next((batch for most, batch in BATCHES if examples < most), LARGEST_BATCH)
    reason = f"{examples:,.0f} examples in all; smaller steps than 32 rows suit LoRA"
    if given.batch_size:
        passes = max(1, wanted // given.batch_size)
        rule = (passes, f"{passes * given.batch_size} rows in a step: {reason}")
        return {"batch_size": (given.batch_size, ""), "gradient_accumulation_steps": rule}
    wanted = max(least, wanted // (given.gradient_accumulation_steps or 1))
    fitting = wanted
    while fitting > least and fitting * dataset.tokens.p95 > TOKENS_A_PASS:
        fitting //= 2
    cut = "" if fitting == wanted else f"; more rows of {dataset.tokens.p95:,} tokens fill a GPU"
    passes = wanted // fitting
    return {
        "batch_size": (fitting, reason + cut),
        "gradient_accumulation_steps": (passes, f"{wanted} rows in a step"),
    }


def warmup_for(steps: int) -> Rule:
    """Return a share of about ten steps."""
    share = round(min(MOST_WARMUP, max(LEAST_WARMUP, WARMUP_STEPS / steps)), 3)
    return share, f"about {ceil(share * steps)} of {steps:,} steps"


def evaluations_for(rows: int, validation: int) -> Rule:
    """Return how often the validation loss can be measured in a tenth of an epoch's time."""
    affordable = EVALUATION_SHARE / EVALUATION_COST * rows / max(1, validation)
    times = int(min(MOST_EVALUATIONS, max(1, affordable)))
    return times, f"{validation:,} validation rows take about a tenth of the time"


def _rounded(rate: float) -> float:
    """Return two significant digits: the rules are not more exact."""
    return float(f"{rate:.2g}")
