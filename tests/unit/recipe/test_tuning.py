"""`tune` of the recipe: what is searched, and what is refused with its line."""

import pytest

from tunedrop.errors import RecipeError
from tunedrop.recipe.tuning import FloatRange, IntegerRange, Tune, ValueList, jobs_of, space_of
from tunedrop.recipe.yaml_file import read_recipe


def tune_of(text: str) -> Tune:
    tune = read_recipe(f"tune: {text}".encode()).tune
    assert tune
    return tune


def test_two_numbers_are_a_range_and_more_are_values() -> None:
    # Given
    tune = tune_of(
        "{parameters: {learning_rate: [1e-5, 1e-3], lora_rank: [8, 16, 32], batch_size: [2, 8], "
        "weight_decay: [0, 0.1], scheduler: [cosine, linear]}}"
    )

    # When
    space = space_of(tune, 1e-3)

    # Then
    assert space == {
        "learning_rate": FloatRange(1e-5, 1e-3),
        "lora_rank": ValueList(("8", "16", "32")),
        "batch_size": IntegerRange(2, 8),
        "weight_decay": FloatRange(0, 0.1),
        "scheduler": ValueList(("cosine", "linear")),
    }
    assert [FloatRange(1e-5, 1e-3).is_logarithmic, FloatRange(0, 1).is_logarithmic] == [True, False]


def test_the_learning_rate_is_searched_around_the_chosen_one() -> None:
    assert space_of(tune_of("{jobs: 4}"), 1e-3) == {"learning_rate": FloatRange(2e-4, 5e-3)}
    assert jobs_of(tune_of("{}")) == 8


def test_a_grid_has_a_job_for_each_combination() -> None:
    # Given
    tune = tune_of("{strategy: grid, parameters: {epochs: [1, 3], lora_rank: [8, 16, 32]}}")

    # Then two numbers are values, not a range
    assert jobs_of(tune) == 6
    assert space_of(tune, 1e-3)["epochs"] == ValueList(("1", "3"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tune:\n  jobs: 1", "line 2: tune.jobs: expected `int` >= 2"),
        ("tune:\n  job: 4", "line 2: there is no key 'tune.job'; did you mean 'jobs'?"),
        (
            "tune:\n  parameters:\n    rate: [1, 2]",
            "line 3: tune.parameters.rate is no hyperparameter; there are epochs, learning_rate",
        ),
        (
            "tune:\n  parameters: {learning_rate: [1e-5, 3]}",
            "line 2: tune.parameters.learning_rate has a value that is not allowed: expected",
        ),
        (
            "tune: {parameters: {lora_rank: [8, 8.5, 9]}}",
            "tune.parameters.lora_rank has a value that is not allowed: expected `int`",
        ),
        ("tune: {parameters: {epochs: [3, 1]}}", "goes from 3 down to 1; write the smaller number"),
        ("tune: {parameters: {epochs: [3, 3]}}", "tune.parameters.epochs names a value twice"),
        ("tune: {parameters: {epochs: [3]}}", "line 1: tune.parameters"),
        ("tune: {parameters: {}}", "tune.parameters names no hyperparameter"),
        (
            "hyperparameters: {epochs: 2}\ntune: {parameters: {epochs: [1, 3]}}",
            "line 2: tune.parameters.epochs stands under hyperparameters too",
        ),
        (
            "hyperparameters: {learning_rate: 0.1}\ntune: {}",
            "line 2: tune searches the learning rate, which stands under hyperparameters too",
        ),
        ("tune: {strategy: grid}", "tune.strategy grid tries values; name them"),
        (
            "tune: {strategy: grid, jobs: 5, parameters: {epochs: [1, 2]}}",
            "tune.jobs is 5, and the grid has 2 combinations",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        read_recipe(text.encode())

    assert words in refusal.value.message
    assert refusal.value.message.startswith("recipe.yaml, line ")
