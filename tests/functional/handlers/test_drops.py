"""What prepare does with a file, with a folder that is complete, and with a recipe."""

import pytest

from tests.support.pipeline.drives import KEY, report_failure
from tests.support.pipeline.stack import Stack

FOLDER = "datasets/tweets/monday/"


def rows(stack: Stack, folder: str) -> dict[str, int]:
    return stack.run(folder).rows


def test_a_folder_starts_a_run_only_when_it_is_complete(stack: Stack, tweets: bytes) -> None:
    # Given
    other = tweets.replace(b"thing", b"day")
    for name, body in (("one.csv", tweets), ("two.csv", other)):
        stack.drop(FOLDER + name, body)
        assert stack.prepare(FOLDER + name)["outcome"].startswith("ignored: part of a folder")
    stack.drop(f"{FOLDER}_SUCCESS", b"")

    # When
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]

    # Then
    assert rows(stack, folder)["in"] == 120
    assert [part.key for part in stack.run(folder).source.parts] == [
        f"{FOLDER}one.csv",
        f"{FOLDER}two.csv",
    ]


def test_a_folder_completed_again_unchanged_joins_its_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(f"{FOLDER}one.csv", tweets)
    stack.drop(f"{FOLDER}_SUCCESS", b"")
    first = stack.prepare(f"{FOLDER}_SUCCESS")
    stack.drop(f"{FOLDER}_SUCCESS", b"")

    # When
    answer = stack.prepare(f"{FOLDER}_SUCCESS")

    # Then
    assert answer == {"outcome": "joined", "run": first["run"]}


def test_the_same_upload_again_continues_a_run_left_unprepared(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a preparation that broke off in the middle, and the retry of its event still to come
    def break_off(*_: object) -> None:
        raise OSError("out of memory")

    stack.drop(KEY, tweets)
    with monkeypatch.context() as broken:
        broken.setattr("tunedrop.stages.prepare.prepare_run", break_off)
        with pytest.raises(OSError, match="out of memory"):
            stack.prepare(KEY)
    unprepared = stack.keys("runs/tweets/")

    # When the same content is dropped again, which joins the run
    stack.drop(KEY, tweets)
    answer = stack.prepare(KEY, request_id="request-2")

    # Then that run is prepared, and there is no second one
    run = stack.run(answer["run"])
    assert answer["outcome"] == "prepared"
    assert f"{run.folder}/run.json" in unprepared
    assert (run.status, run.stage) == ("running", "train")


def test_files_of_a_folder_named_as_splits_are_the_splits(stack: Stack) -> None:
    # Given
    for name, count in (("train", 40), ("dev", 10), ("test", 20)):
        lines = [f"{name} thing {n},{'good' if n % 2 else 'bad'}" for n in range(count)]
        stack.drop(f"{FOLDER}{name}.csv", "\n".join(["text,label", *lines]).encode())
    stack.drop(f"{FOLDER}_SUCCESS", b"")

    # When
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]

    # Then
    found = rows(stack, folder)
    assert (found["train"], found["validation"], found["test"]) == (40, 10, 20)


def test_an_empty_folder_causes_one_email(stack: Stack) -> None:
    # Given
    stack.drop(f"{FOLDER}_SUCCESS", b"")

    # When
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]
    report_failure(stack, folder)

    # Then
    error = stack.run(folder).error
    assert error
    assert "no files" in error.message
    assert len(stack.emails) == 1


def test_a_recipe_dropped_before_its_data_makes_one_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")

    # When
    answer = stack.prepare("datasets/tweets/recipe.yaml")

    # Then
    assert answer["outcome"].startswith("ignored: a recipe")

    # When
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    answer = stack.prepare("datasets/tweets/recipe.yaml")

    # Then
    assert answer["outcome"] == "nothing to do"
    assert stack.run(folder).generation == 1


def test_a_new_recipe_for_existing_data_supersedes_the_old_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    old = stack.prepare(KEY)["run"]
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")

    # When
    new = stack.prepare("datasets/tweets/recipe.yaml")["run"]

    # Then
    assert stack.run(old).status == "superseded"
    assert stack.run(new).source.key == KEY
    assert stack.run(new).generation == 2


def test_an_invalid_recipe_for_existing_data_causes_one_email(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    stack.prepare(KEY)
    stack.drop("datasets/tweets/recipe.yaml", b"split: {sed: 5}")

    # When
    for _ in range(2):
        outcome = stack.prepare("datasets/tweets/recipe.yaml")
    folder = outcome["run"]
    report_failure(stack, folder)

    # Then
    body = " ".join(stack.emails[0][1].split())
    assert "line 1" in body
    assert "did you mean 'seed'" in body
    assert len(stack.emails) == 1


@pytest.mark.parametrize("name", ["recipe.yml", "Recipe.yaml", "recipe.json"])
def test_a_recipe_under_another_name_is_no_data(stack: Stack, tweets: bytes, name: str) -> None:
    # Given
    stack.drop(KEY, tweets)
    old = stack.prepare(KEY)["run"]
    stack.drop(f"datasets/tweets/{name}", b'{"split": {"seed": 5}}')

    # When
    new = stack.prepare(f"datasets/tweets/{name}")["run"]

    # Then
    assert stack.run(old).status == "superseded"
    assert stack.run(new).source.key == KEY
    assert b'"seed": 5' in stack.read(f"{new}/recipe.json")


def test_two_recipes_beside_the_data_are_refused_by_name(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")
    stack.drop("datasets/tweets/recipe.yml", b"split: {seed: 6}")

    # When
    folder = stack.prepare(KEY)["run"]

    # Then
    error = stack.run(folder).error
    assert error
    assert "2 recipes beside the data: recipe.yaml and recipe.yml" in error.message


def test_a_recipe_without_a_dataset_is_told_where_it_belongs(stack: Stack) -> None:
    # Given
    stack.drop("datasets/recipe.yaml", b"split: {seed: 5}")

    # When
    folder = stack.prepare("datasets/recipe.yaml")["run"]

    # Then
    error = stack.run(folder).error
    assert error
    assert "datasets/<dataset>/recipe.yaml" in error.remedy


@pytest.mark.parametrize("name", ["a+b", "50%2F50", "größe", "with space"])
def test_a_key_with_special_characters_is_read(stack: Stack, tweets: bytes, name: str) -> None:
    # Given
    stack.drop(f"datasets/{name}/{name}.csv", tweets)

    # When
    folder = stack.prepare(f"datasets/{name}/{name}.csv")["run"]

    # Then
    assert rows(stack, folder)["in"] == 60
