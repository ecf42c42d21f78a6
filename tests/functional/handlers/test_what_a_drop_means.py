"""A file, a folder that is complete, a recipe: what each asks for."""

import pytest

from tests.support.pipeline.drives import KEY, report_failure
from tests.support.pipeline.stack import Stack

FOLDER = "datasets/tweets/monday/"


def rows(stack: Stack, folder: str) -> dict[str, int]:
    return stack.run(folder).rows


def test_given_a_folder_when_its_files_arrive_then_nothing_starts_until_it_is_complete(
    stack: Stack, tweets: bytes
) -> None:
    other = tweets.replace(b"thing", b"day")
    for name, body in (("one.csv", tweets), ("two.csv", other)):
        stack.drop(FOLDER + name, body)
        assert stack.prepare(FOLDER + name)["outcome"].startswith("ignored: part of a folder")
    stack.drop(f"{FOLDER}_SUCCESS", b"")
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]

    assert rows(stack, folder)["in"] == 120
    assert [part.key for part in stack.run(folder).source.parts] == [
        f"{FOLDER}one.csv",
        f"{FOLDER}two.csv",
    ]


def test_given_a_complete_folder_when_it_is_completed_again_unchanged_then_it_joins(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(f"{FOLDER}one.csv", tweets)
    stack.drop(f"{FOLDER}_SUCCESS", b"")
    first = stack.prepare(f"{FOLDER}_SUCCESS")
    stack.drop(f"{FOLDER}_SUCCESS", b"")

    assert stack.prepare(f"{FOLDER}_SUCCESS") == {"outcome": "joined", "run": first["run"]}


def test_given_files_named_as_splits_when_the_folder_is_complete_then_they_are_the_splits(
    stack: Stack,
) -> None:
    for name, count in (("train", 40), ("dev", 10), ("test", 20)):
        lines = [f"{name} thing {n},{'good' if n % 2 else 'bad'}" for n in range(count)]
        stack.drop(f"{FOLDER}{name}.csv", "\n".join(["text,label", *lines]).encode())
    stack.drop(f"{FOLDER}_SUCCESS", b"")
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]

    found = rows(stack, folder)
    assert (found["train"], found["validation"], found["test"]) == (40, 10, 20)


def test_given_an_empty_folder_when_it_is_complete_then_one_email_says_so(stack: Stack) -> None:
    stack.drop(f"{FOLDER}_SUCCESS", b"")
    folder = stack.prepare(f"{FOLDER}_SUCCESS")["run"]
    report_failure(stack, folder)

    error = stack.run(folder).error
    assert error
    assert "no files" in error.message
    assert len(stack.emails) == 1


def test_given_a_recipe_before_its_data_when_both_are_dropped_then_there_is_one_run(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")
    assert stack.prepare("datasets/tweets/recipe.yaml")["outcome"].startswith("ignored: a recipe")
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    assert stack.prepare("datasets/tweets/recipe.yaml")["outcome"] == "nothing to do"
    assert stack.run(folder).generation == 1


def test_given_data_that_is_there_when_a_recipe_is_dropped_then_a_new_run_supersedes_the_old(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    old = stack.prepare(KEY)["run"]
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")
    new = stack.prepare("datasets/tweets/recipe.yaml")["run"]

    assert stack.run(old).status == "superseded"
    assert stack.run(new).source.key == KEY
    assert stack.run(new).generation == 2


def test_given_data_that_is_there_when_an_invalid_recipe_is_dropped_then_one_email_names_the_line(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop(KEY, tweets)
    stack.prepare(KEY)
    stack.drop("datasets/tweets/recipe.yaml", b"split: {sed: 5}")
    for _ in range(2):
        outcome = stack.prepare("datasets/tweets/recipe.yaml")
    folder = outcome["run"]
    report_failure(stack, folder)

    body = " ".join(stack.emails[0][1].split())
    assert "line 1" in body
    assert "did you mean 'seed'" in body
    assert len(stack.emails) == 1


@pytest.mark.parametrize("name", ["a+b", "50%2F50", "größe", "with space"])
def test_given_a_key_as_people_write_them_when_it_is_dropped_then_its_own_object_is_read(
    stack: Stack, tweets: bytes, name: str
) -> None:
    stack.drop(f"datasets/{name}/{name}.csv", tweets)

    assert rows(stack, stack.prepare(f"datasets/{name}/{name}.csv")["run"])["in"] == 60
