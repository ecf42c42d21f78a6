"""A hostile recipe.yaml through the prepare stage: one email that names the place."""

from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, report_failure
from tests.support.pipeline.stack import Stack
from tunedrop.aws.clients import client
from tunedrop.recipe.limits import MAX_BYTES

RECIPE_KEY = "datasets/tweets/recipe.yaml"
REFUSED = {
    "a date that does not exist": (b"task: 2024-02-30", "line 1: task"),
    "5,000 digits": (b"budget_usd: " + b"9" * 5_000, "line 1: budget_usd"),
    "an integer tag": (b"system: !!int x", "line 1: tags"),
    "a truth tag": (b"system: !!bool x", "line 1: tags"),
    "a recursive alias": (b"system: &x [*x]", "line 1: aliases"),
    "an endless budget": (b"budget_usd: .inf", "line 1: budget_usd"),
    "half a surrogate pair": (b'system: "\\ud800"', "line 1: system"),
    "a bomb": (b"a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]", "line 2: aliases"),
    "120 hours": (b"training: {max_hours: 120}", "training.max_hours: 120 is more than 24"),
    "a fortune": (b"budget_usd: 9e9", "budget_usd: 9e+09 is more than 100"),
    "a year": (b"deploy: {keep: always, ttl_hours: 8760}", "ttl_hours: 8760 is more than 168"),
    "eight GPUs": (b"deploy: {instances: [ml.p5.48xlarge]}", "deploy.instances: ml.p5.48xlarge"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_hostile_recipe_ends_in_one_email_with_its_place(
    stack: Stack, tweets: bytes, kind: str
) -> None:
    # Given a recipe that must be refused
    text, words = REFUSED[kind]
    stack.drop(RECIPE_KEY, text)
    stack.drop(KEY, tweets)

    # When its data arrive, and the failure is reported twice
    folder = stack.prepare(KEY)["run"]
    for _ in range(2):
        report_failure(stack, folder)

    # Then one email names the place, the fault and the remedy
    run = stack.run(folder)
    assert run.error
    assert (run.status, run.error.code) == ("failed", "recipe")
    assert len(stack.emails) == 1
    body = " ".join(stack.emails[0][1].split())
    assert words in body
    assert run.error.remedy in body


def reads() -> list[str]:
    """Return a list that receives the keys whose content is read from now on."""
    found: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        found.append(params["Key"])

    client("s3").meta.events.register("before-parameter-build.s3.GetObject", note)
    return found


def test_recipe_too_large_is_refused_without_reading_it(stack: Stack, tweets: bytes) -> None:
    # Given a recipe one byte larger than allowed
    stack.drop(RECIPE_KEY, b"#" * (MAX_BYTES + 1))
    stack.drop(KEY, tweets)
    read = reads()

    # When its data arrive
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    # Then one email says so, and the recipe was not read
    assert "recipe.yaml is larger than 65,536 bytes" in " ".join(stack.emails[0][1].split())
    assert RECIPE_KEY not in read
    assert f"{folder}/run.json" in read


def test_recipe_of_the_largest_size_is_read(stack: Stack, tweets: bytes) -> None:
    stack.drop(RECIPE_KEY, b"split: {seed: 5} #".ljust(MAX_BYTES, b"#"))
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]

    assert b'"seed": 5' in stack.read(f"{folder}/recipe.json")
