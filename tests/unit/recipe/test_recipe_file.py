"""recipe.yaml is read as a typed recipe, or refused with the line and the nearest valid key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunedrop.errors import RecipeError
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import NOT_BUILT, read_recipe


def refusal(text: str) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        read_recipe(text.encode())
    return caught.value


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "{}"])
def test_an_empty_recipe_has_every_default(text: str) -> None:
    assert read_recipe(text.encode()) == Recipe()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task: classification\nspilt: {test: 0.2}", ["line 2", "did you mean 'split'"]),
        ("split:\n  tset: 0.2", ["line 2", "did you mean 'test'"]),
        ("hyperparameters:\n  epochs: -1", ["line 2", "hyperparameters.epochs"]),
        ("split: {test: 0.7}", ["line 1", "split.test"]),
        ("split: {test: .nan}", ["line 1", "split.test"]),
        ("training:\n  instances: [g5.large]", ["line 2", "training.instances"]),
        ("rows: {max_test: 1, max_test: 2}", ["line 1", "max_test"]),
        ("- a\n- b", ["object"]),
        ("task: [", ["not valid YAML"]),
        ("system: 3", ["line 1", "system"]),
        ("a: &x [*x]", ["line 1"]),
        ("task: !!python/object/apply:os.system ['true']", ["not valid YAML"]),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_key(text: str, words: list[str]) -> None:
    # When
    error = refusal(text)

    # Then
    assert [word for word in words if word not in error.message] == []
    assert error.remedy


@pytest.mark.parametrize("designed", sorted(NOT_BUILT))
def test_a_key_that_is_not_built_yet_is_refused_with_these_words(designed: str) -> None:
    # Given
    path, _, value = designed.partition("=")
    *sections, key = path.split(".")
    text = f"{key}: {value or 1}"
    for section in reversed(sections):
        text = f"{section}: {{{text}}}"

    # Then
    assert "not built yet" in refusal(text).message


def test_comments_order_and_defaults_do_not_change_the_digest() -> None:
    # Given
    one = read_recipe(b"method: lora\nsplit: {test: 0.2, seed: 1}  # held out")

    # When
    other = read_recipe(b"split:\n  seed: 1\n  test: 0.2\n  validation: 0.1\n")

    # Then
    assert one.digest == other.digest
    assert one.digest != Recipe().digest


def test_a_number_in_yaml_1_2_notation_is_a_number() -> None:
    # When
    recipe = read_recipe(b"hyperparameters: {learning_rate: 1e-3}")

    # Then
    assert recipe.hyperparameters.learning_rate == 0.001


def test_a_base_model_is_read_with_its_revision() -> None:
    # When
    recipe = read_recipe(b"base_model: org/model@v2")

    # Then
    assert (recipe.model_id, recipe.model_revision) == ("org/model", "v2")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_recipe_or_a_recipe_error(text: bytes) -> None:
    try:
        assert isinstance(read_recipe(text), Recipe)
    except RecipeError as error:
        assert "recipe.yaml" in error.message  # noqa: PT017 - either end is right
