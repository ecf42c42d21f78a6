"""recipe.yaml: one clear error with the line and the nearest valid key, or a typed recipe."""

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
def test_given_nothing_when_read_then_every_key_has_its_default(text: str) -> None:
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
def test_given_a_mistake_when_read_then_the_error_names_line_and_key(
    text: str, words: list[str]
) -> None:
    error = refusal(text)

    assert [word for word in words if word not in error.message] == []
    assert error.remedy


@pytest.mark.parametrize("designed", sorted(NOT_BUILT))
def test_given_a_key_that_is_designed_but_not_built_when_read_then_it_is_refused_as_such(
    designed: str,
) -> None:
    path, _, value = designed.partition("=")
    *sections, key = path.split(".")
    text = f"{key}: {value or 1}"
    for section in reversed(sections):
        text = f"{section}: {{{text}}}"

    assert "not built yet" in refusal(text).message


def test_given_comments_order_and_spelled_out_defaults_when_read_then_the_digest_is_the_same() -> (
    None
):
    one = read_recipe(b"method: lora\nsplit: {test: 0.2, seed: 1}  # held out")
    other = read_recipe(b"split:\n  seed: 1\n  test: 0.2\n  validation: 0.1\n")

    assert one.digest == other.digest
    assert one.digest != Recipe().digest


def test_given_a_number_in_yaml_1_2_notation_when_read_then_it_is_a_number() -> None:
    recipe = read_recipe(b"hyperparameters: {learning_rate: 1e-3}")

    assert recipe.hyperparameters.learning_rate == 0.001


def test_given_a_model_with_a_revision_when_read_then_both_are_known() -> None:
    recipe = read_recipe(b"base_model: org/model@v2")

    assert (recipe.model_id, recipe.model_revision) == ("org/model", "v2")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_given_any_bytes_when_read_then_a_recipe_or_a_recipe_error(text: bytes) -> None:
    try:
        assert isinstance(read_recipe(text), Recipe)
    except RecipeError as error:
        assert "recipe.yaml" in error.message  # noqa: PT017 - either end is right
