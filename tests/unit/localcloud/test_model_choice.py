"""Which base model runs is settled before anything starts, and what is missing is named."""

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
    """Where the demo's model is said to have been fetched."""
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


def test_given_the_product_when_no_model_is_named_then_the_demo_has_its_default() -> None:
    assert Recipe().base_model == DEMO


@pytest.mark.parametrize("dataset", [None, "tweets"])
def test_given_no_model_when_started_then_the_demo_model_is_fetched_below_the_state(
    dataset: str | None, tmp_path: Path, fetched: list[Path]
) -> None:
    models = ModelChoice(given={}, dataset=dataset).models(tmp_path, print)

    assert models == {DEMO: tmp_path / "demo" / "model"}
    assert fetched == [tmp_path / "demo"]


def test_given_the_model_in_the_bucket_when_started_then_nothing_is_fetched(
    tmp_path: Path, fetched: list[Path]
) -> None:
    stored(tmp_path, f"models/{DEMO}/main/manifest.json")

    assert ModelChoice(given={}, dataset="tweets").models(tmp_path, print) == {}
    assert fetched == []


def test_given_a_model_for_the_recipe_when_started_then_it_is_taken(tmp_path: Path) -> None:
    chosen = ModelChoice(
        given={"me/x": tmp_path}, dataset="d", recipe=recipe(tmp_path, "base_model: me/x")
    )

    assert chosen.models(tmp_path, print) == {"me/x": tmp_path}


def test_given_a_recipe_for_another_model_when_started_then_the_option_is_named(
    tmp_path: Path, fetched: list[Path]
) -> None:
    chosen = ModelChoice(given={}, dataset="d", recipe=recipe(tmp_path, "base_model: me/x"))

    with pytest.raises(LocalCloudError, match=r"me/x@main is not here: .* --model me/x=DIR"):
        chosen.models(tmp_path, print)
    assert fetched == []


def test_given_a_recipe_dropped_before_when_its_model_is_missing_then_it_counts(
    tmp_path: Path,
) -> None:
    stored(tmp_path, "datasets/d/recipe.yaml", "base_model: me/x")

    with pytest.raises(LocalCloudError, match="me/x@main is not here"):
        ModelChoice(given={}, dataset="d").models(tmp_path, print)


def test_given_a_model_that_no_recipe_asks_for_when_run_then_both_ways_out_are_named(
    tmp_path: Path,
) -> None:
    chosen = ModelChoice(given={"me/x": tmp_path}, dataset="d")

    with pytest.raises(LocalCloudError, match="write `base_model: me/x` into a recipe") as raised:
        chosen.models(tmp_path, print)
    assert f"--model {DEMO}=DIR" in str(raised.value)


def test_given_another_revision_when_it_is_not_there_then_main_is_said_to_be_what_is_given(
    tmp_path: Path,
) -> None:
    chosen = ModelChoice(
        given={"me/x": tmp_path}, dataset="d", recipe=recipe(tmp_path, "base_model: me/x@v2")
    )

    with pytest.raises(LocalCloudError, match="gives the revision main only, so leave @v2 out"):
        chosen.models(tmp_path, print)


@pytest.mark.parametrize("text", ["a: [", "- base_model", "base_model: 3", ""])
def test_given_a_recipe_that_will_be_refused_when_started_then_the_product_says_so(
    text: str, tmp_path: Path, fetched: list[Path]
) -> None:
    ModelChoice(given={}, dataset="d", recipe=recipe(tmp_path, text)).models(tmp_path, print)

    assert fetched == [tmp_path / "demo"]


def test_given_up_with_models_when_started_then_they_are_all_there_is(
    tmp_path: Path, fetched: list[Path]
) -> None:
    models = ModelChoice(given={"me/x": tmp_path}).models(tmp_path, print)

    assert models == {"me/x": tmp_path}
    assert fetched == []
