"""recipe.yaml is read as a typed recipe, or refused with the line and the nearest valid key."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunedrop.errors import RecipeError
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import NOT_BUILT, read_recipe

MLFLOW = "arn:aws:sagemaker:eu-central-1:111122223333:mlflow-tracking-server/mine"


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
        ("task: auto\nevaluate: {repeats: 3}", ["line 2", "evaluate.repeats", "temperature 0"]),
        ("task: auto\nmlflow: http://mine", ["line 2", "mlflow", "allowed: ARN of an MLflow"]),
        ("mlflow: arn:aws:s3:::mine", ["line 1", "mlflow", "allowed: ARN of an MLflow"]),
        (f"tune: {{}}\nmlflow: {MLFLOW}", ["line 2", "mlflow", "no tuning"]),
        ("evaluate: {repeats: 11}", ["line 1", "evaluate.repeats"]),
        ("rows: {max_test: 1, max_test: 2}", ["line 1", "max_test"]),
        ("- a\n- b", ["object"]),
        ("task: [", ["not valid YAML"]),
        ("system: 3", ["line 1", "system"]),
        ("a: &x [*x]", ["line 1"]),
        ("task: !!python/object/apply:os.system ['true']", ["line 1", "tags"]),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_key(text: str, words: list[str]) -> None:
    # When
    error = refusal(text)

    # Then
    assert [word for word in words if word not in error.message] == []
    assert error.remedy


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("split: {test: 0.7}", "(given: 0.7; allowed: at least 0, below 0.5; default: 0.1)."),
        (
            "task: chat",
            "multilabel, preference, pretraining, sql; default: auto).",
        ),
        ("rows: {max_test: x}", "(given: 'x'; allowed: at least 1; default: 500)."),
    ],
)
def test_a_refused_value_is_told_with_what_is_allowed(text: str, end: str) -> None:
    # When
    error = refusal(text)

    # Then
    assert error.message.endswith(end)
    assert "the data itself need not be dropped again" in error.remedy


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
)
HOSTILE = {
    "half a surrogate pair": ('task: auto\nsystem: "\\uD800"', ["line 2", "system"]),
    "an escape beyond Unicode": ('task: auto\nsystem: "\\UFFFFFFFF"', ["line 2"]),
    "a number of 5,000 digits": ("rows:\n  max_train: " + "9" * 5_000, ["line 2", "max_train"]),
    "a number of 400 digits": ("budget_usd: " + "9" * 400, ["line 1", "budget_usd"]),
    "an integer tag": ("task: auto\nsystem: !!int x", ["line 2", "tags"]),
    "a truth tag": ("training: {spot: !!bool x}", ["line 1", "tags"]),
    "a digit prefix alone": ("rows: {max_train: 0b_}", ["line 1", "rows.max_train"]),
    "a recursive alias": ("system: &x [*x]", ["line 1", "aliases"]),
    "an alias bomb": (BOMB, ["line 2", "aliases"]),
    "a budget without end": ("task: auto\nbudget_usd: .inf", ["line 2", "budget_usd", "finite"]),
    "a budget that overflows": ("budget_usd: 1e999", ["line 1", "budget_usd", "finite"]),
    "a list as a key": ("? [a]\n: b", ["line 1", "key"]),
    "a table as a key": ("system:\n  ? {a: b}\n  : c", ["line 2", "key"]),
    "a merge key": ("<<: {task: auto}", ["line 1", "'<<'"]),
    "a control character": ("task: auto\nsystem: a\x1bb", ["line 2", "U+001B"]),
    "a key with a line break": ('"a\\n\\nWHAT TO DO": 1', ["line 1", "a\\n"]),
    "a key of 1,000 characters": ("x" * 1_000 + ": 1", ["line 1", "no key"]),
    "a choice of 60 KB": ("task: " + "x" * 60_000, ["line 1", "task"]),
    "nesting of 30,000 levels": ("a: " + "[" * 30_000, ["line 1", "nested too deeply"]),
    "two documents": ("task: auto\n---\ntask: auto", ["line 2", "not valid YAML"]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_recipe_gives_one_short_error_with_its_line(kind: str) -> None:
    text, words = HOSTILE[kind]

    error = refusal(text)

    assert [word for word in words if word not in error.message] == []
    assert error.message.startswith("recipe.yaml, line")
    assert error.message.isprintable()
    assert len(error.message) < 1_000
    assert error.remedy.endswith(".")
    msgspec.json.encode(error.message)


BAD_URIS = [
    "s3://b",
    "s3://bucket",
    "s3://bucket/../x",
    "s3://bucket/a//b",
    "s3://-b/x",
    "s4://b/x",
]


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "a/..", "a@..", ".", "./x@main", "a/b@.", "a/b\\n", *BAD_URIS],
)
def test_base_model_that_leads_to_another_folder_is_refused(name: str) -> None:
    assert "base_model" in refusal(f'base_model: "{name}"').message


@pytest.mark.parametrize("name", ["a", ".a", "a..b/c.", "org/model-1.5_x@v1..2", "a@main"])
def test_base_model_with_dots_in_its_name_is_accepted(name: str) -> None:
    assert read_recipe(f"base_model: {name}".encode()).base_model == name


def test_instance_type_with_a_line_break_is_refused() -> None:
    error = refusal('deploy: {instances: ["ml.g6.xlarge\\n"]}')

    assert "deploy.instances" in error.message
    assert error.message.isprintable()


def test_text_that_is_not_utf8_gives_the_line_and_the_remedy() -> None:
    with pytest.raises(RecipeError) as caught:
        read_recipe(b"task: auto\nsystem: \xff")

    assert "line 2" in caught.value.message
    assert "UTF-8" in caught.value.remedy


@pytest.mark.parametrize("text", ["2024-02-30", "2024-02-28", "2001-12-14t21:59:43.10-99:00"])
def test_a_date_in_a_recipe_is_a_text(text: str) -> None:
    assert read_recipe(f"system: {text}".encode()).system == text


def test_values_of_a_recipe_can_be_written_and_read_again() -> None:
    recipe = read_recipe(
        b'budget_usd: 1e6\nsystem: "\\u202e \\0 \\U0001F600"\nrows: {max_train: 07}'
    )

    again = msgspec.convert(json.loads(msgspec.json.encode(recipe)), Recipe)
    assert again == recipe


@pytest.mark.parametrize("designed", sorted(NOT_BUILT))
def test_a_key_that_is_not_built_yet_is_refused_with_these_words(designed: str) -> None:
    # Given
    *sections, key = designed.split(".")
    text = f"{key}: 1"
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
    assert (recipe.model_uri, recipe.model_name) == (None, "org/model@v2")


def test_a_directory_in_a_bucket_has_an_id_of_its_own() -> None:
    # When
    one, slashed, other = (
        read_recipe(f"base_model: {uri}".encode())
        for uri in ("s3://weights/a/llama", "s3://weights/a/llama/", "s3://weights/b/llama")
    )

    # Then
    assert one.model_uri == slashed.model_uri == one.model_name == "s3://weights/a/llama"
    assert one.model_id == slashed.model_id != other.model_id
    assert one.model_id.startswith("s3/llama-")
    assert one.model_revision == "main"


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_recipe_or_a_recipe_error(text: bytes) -> None:
    try:
        assert isinstance(read_recipe(text), Recipe)
    except RecipeError as error:
        assert "recipe.yaml" in error.message  # noqa: PT017 - either end is right


def test_repeated_answers_need_a_temperature() -> None:
    recipe = read_recipe(b"evaluate: {repeats: 3}\ngeneration: {temperature: 0.7}")

    assert recipe.evaluate.repeats == 3
    assert read_recipe(b"evaluate: {repeats: 1}").evaluate.repeats == 1


@pytest.mark.parametrize("word", ["off", '"off"', "false"])
def test_early_stopping_is_turned_off_by_the_word(word: str) -> None:
    # When
    recipe = read_recipe(f"early_stopping: {word}".encode())

    # Then
    assert recipe.patience(evaluations_per_epoch=4) == 0


@pytest.mark.parametrize("word", ["off", '"off"', "false"])
def test_the_probe_is_turned_off_by_the_word(word: str) -> None:
    assert read_recipe(f"probe: {word}".encode()).probe == "off"
