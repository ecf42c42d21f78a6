"""Hyperparameters that the recipe does not give are chosen from the model and the data."""

from typing import Any

import msgspec
import pytest

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.documents.dataset import Dataset, Task
from tunedrop.jobs.choosing import GIVEN, choose, learning_rate_for, rank_for
from tunedrop.jobs.model_shape import ModelShape
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

SMOLLM2 = ModelShape(
    hidden_size=576,
    model_type="llama",
    num_hidden_layers=30,
    intermediate_size=1536,
    num_attention_heads=9,
    num_key_value_heads=3,
    max_position_embeddings=8192,
)
DATASET = prepare(table(60))[0]


def dataset_of(rows: int, validation: int = 50, **tokens: Any) -> Dataset:
    """Return a dataset with so many training rows, and figures of its tokens replaced."""
    counts = msgspec.structs.replace(DATASET.rows, train=rows, validation=validation)
    figures = msgspec.structs.replace(DATASET.tokens, **tokens)
    return msgspec.structs.replace(DATASET, rows=counts, tokens=figures)


def chosen_for(dataset: Dataset, recipe: str = "", model: ModelShape | None = SMOLLM2) -> Any:
    return choose(read_recipe(recipe.encode()), dataset, model).hyperparameters


@pytest.mark.parametrize(
    ("family", "hidden", "rate"),
    [
        ("llama", 576, 1.3e-3),  # SmolLM2-135M
        ("llama", 2048, 4.9e-4),  # Llama-3.2-1B
        ("llama", 3072, 3.6e-4),  # Llama-3.2-3B
        ("llama", 4096, 2.9e-4),  # Llama-3.1-8B
        ("qwen3", 2560, 4.9e-4),  # Qwen3-4B
    ],
)
def test_the_learning_rate_is_that_of_tinkers_rule(family: str, hidden: int, rate: float) -> None:
    # When
    found, reason = learning_rate_for(ModelShape(hidden_size=hidden, model_type=family), "sft")

    # Then
    assert found == rate
    assert f"hidden size {hidden:,}" in reason


def test_an_unknown_family_gets_the_lower_rate() -> None:
    # Given a small and a large model of a family without a rule
    small = ModelShape(hidden_size=576, model_type="gemma3")
    large = ModelShape(hidden_size=8192, model_type="gemma3")

    # Then
    assert learning_rate_for(small, "sft")[0] == 5.5e-4
    assert learning_rate_for(large, "sft")[0] == 1.7e-4
    assert learning_rate_for(None, "sft")[0] == 3e-4


def test_all_weights_are_trained_at_a_tenth_of_an_adapters_rate() -> None:
    # When
    rate, reason = learning_rate_for(SMOLLM2, "sft", "full")

    # Then
    assert learning_rate_for(SMOLLM2, "sft", "lora")[0] == 1.3e-3
    assert rate == 1.3e-4
    assert reason.endswith("all weights take a tenth of an adapter's rate")


@pytest.mark.parametrize("technique", ["dpo", "kto"])
def test_preferences_are_learned_at_a_twentieth_of_the_rate(technique: Any) -> None:
    assert learning_rate_for(SMOLLM2, technique)[0] == 6.6e-5


@pytest.mark.parametrize(
    ("tokens", "rank"), [(1_000, 8), (3_000_000, 16), (20_000_000, 128), (10**9, 128)]
)
def test_the_rank_grows_with_the_tokens_to_learn(tokens: int, rank: int) -> None:
    # When
    found, reason = rank_for(tokens, SMOLLM2)

    # Then
    assert found == rank
    assert f"{tokens:,} tokens" in reason


def test_an_adapter_of_rank_one_has_the_parameters_that_peft_counts() -> None:
    # SmolLM2-135M with rank 16 on all linear layers has 4,884,480 trainable parameters.
    assert SMOLLM2.adapter_parameters * 16 == 4_884_480


@pytest.mark.parametrize(
    ("rows", "epochs"), [(4, 25), (20, 5), (400, 3), (8_000, 3), (12_000, 2), (90_000, 1)]
)
def test_few_rows_are_passed_more_often_than_many(rows: int, epochs: float) -> None:
    assert chosen_for(dataset_of(rows)).epochs == epochs


@pytest.mark.parametrize(
    ("rows", "longest", "batch", "passes"),
    [(100, 90, 4, 1), (400, 90, 8, 1), (9_000, 90, 16, 1), (9_000, 2_000, 4, 4)],
)
def test_a_step_has_few_rows_and_a_pass_fits_into_memory(
    rows: int, longest: int, batch: int, passes: int
) -> None:
    # When
    found = chosen_for(dataset_of(rows, p95=longest, longest=longest))

    # Then
    assert (found.batch_size, found.gradient_accumulation_steps) == (batch, passes)


@pytest.mark.parametrize(
    ("longest", "length"), [(60, 512), (1_000, 1_280), (5_000, 6_272), (90_000, 7_936)]
)
def test_max_length_holds_the_longest_row_where_the_model_can(longest: int, length: int) -> None:
    assert chosen_for(dataset_of(400, longest=longest)).max_length == length


def test_evaluations_take_about_a_tenth_of_the_time() -> None:
    assert chosen_for(dataset_of(400, validation=48)).evaluations_per_epoch == 2
    assert chosen_for(dataset_of(9_000, validation=500)).evaluations_per_epoch == 4
    assert chosen_for(dataset_of(50, validation=48)).evaluations_per_epoch == 1


def test_short_trainings_warm_up_for_a_larger_share() -> None:
    assert chosen_for(dataset_of(100)).warmup_fraction == 0.1
    assert chosen_for(dataset_of(9_000)).warmup_fraction == 0.03


def test_what_the_recipe_gives_decides() -> None:
    # Given a recipe with every hyperparameter
    given = {
        "epochs": 7.0,
        "learning_rate": 0.5,
        "lora_rank": 3,
        "lora_alpha": 5,
        "lora_dropout": 0.3,
        "batch_size": 2,
        "gradient_accumulation_steps": 6,
        "max_length": 77,
        "warmup_fraction": 0.2,
        "scheduler": "constant",
        "weight_decay": 0.1,
        "evaluations_per_epoch": 9,
        "beta": 0.3,
        "seed": 1,
    }
    recipe = msgspec.convert({"hyperparameters": given}, Recipe)

    # When
    found = choose(recipe, DATASET, SMOLLM2)

    # Then
    assert msgspec.to_builtins(found.hyperparameters) == given
    assert set(found.reasons.values()) == {GIVEN}


def test_the_other_values_follow_what_the_recipe_gives() -> None:
    # Given one of the two that make a step
    recipe = "hyperparameters: {batch_size: 2}"

    # Then the other one is chosen so that a step has as many rows as without
    assert chosen_for(dataset_of(400), recipe).gradient_accumulation_steps == 4
    recipe = "hyperparameters: {gradient_accumulation_steps: 4}"
    assert chosen_for(dataset_of(400), recipe).batch_size == 2


def test_what_is_tuned_is_told_with_where_it_is_searched() -> None:
    # Given
    recipe = read_recipe(b"tune: {parameters: {learning_rate: [1e-5, 1e-3], epochs: [1, 2, 4]}}")

    # When
    reasons = choose(recipe, DATASET, SMOLLM2).reasons

    # Then
    assert reasons["learning_rate"].startswith("tuned: from 1e-05 to 0.001; without tuning: Tink")
    assert reasons["epochs"].startswith("tuned: 1, 2, 4; ")
    assert not reasons["lora_rank"].startswith("tuned")


@pytest.mark.parametrize("task", ["classification", "kto"])
def test_every_value_that_is_used_has_a_reason(task: Task) -> None:
    # Given
    dataset = msgspec.structs.replace(DATASET, task=task)

    # When
    found = choose(Recipe(), dataset, SMOLLM2)

    # Then only preferences and judged answers have beta
    unused = set() if task == "kto" else {"beta"}
    assert set(found.reasons) == {*Hyperparameters.__struct_fields__} - unused
    assert all(found.reasons.values())


def test_long_judged_answers_are_still_passed_in_twos() -> None:
    # Given rows that fill a GPU alone
    dataset = msgspec.structs.replace(dataset_of(400, p95=8_000), task="kto")

    # Then KTO has another row to compare with
    assert chosen_for(dataset).batch_size == 2


def test_auto_is_the_same_recipe_as_none() -> None:
    assert read_recipe(b"hyperparameters: auto").digest == Recipe().digest
