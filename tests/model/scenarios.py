"""What users do: the scenarios that every schedule of faults is played with."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.model.world import World
from tests.support.builders.doubtful_files import passengers

KEY = "datasets/tweets/tweets.csv"
RECIPE_KEY = "datasets/tweets/recipe.yaml"
ROWS = [f"this is a {'good' if n % 2 else 'bad'} thing number {n},{n % 2}" for n in range(24)]
TWEETS = "\n".join(["text,label", *ROWS]).encode()
DOUBTFUL = passengers().encode()
TUNING = "tune: {jobs: 2}"
ANSWER = "columns: {text: Name, label: Sex}"
OTHER = TWEETS + b"\nanother good thing,1"
MANIFEST_KEY = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/manifest.json"
MANIFEST = {
    "version": 1,
    "id": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "revision": "main",
    "files": [{"name": "model.safetensors", "size": 269_000_000, "sha256": "0" * 64}],
}
HOUR = 3_600.0

Action = Callable[[World], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One story.

    Attributes:
        actions: what users do, each with its time in seconds.
        code: the code of the error with which the run that counts is to fail; None for a success.
        asks: whether the run that counts is to ask how its file is meant.
        jobs: the most training jobs that may be started.
        quota: instances that the account may use at once; None for no limit.
        environment: settings of the stack that differ.
        days_to_answer: how long a run asks; None for the product's own time.
    """

    actions: tuple[tuple[float, Action], ...]
    code: str | None = None
    asks: bool = False
    jobs: int = 1
    quota: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    days_to_answer: float | None = None


def drop(key: str, body: bytes, **metadata: str) -> Action:
    """Upload a file."""
    named = {name.replace("_", "-"): value for name, value in metadata.items()}
    return lambda world: world.drop(key, body, named)


def end_of_upload(key: str, body: bytes, seconds: float) -> Action:
    """End an upload in parts that began so many seconds ago."""
    return lambda world: world.drop(key, body, seconds=seconds)


def recipe(text: str) -> Action:
    """Upload a recipe."""
    return drop(RECIPE_KEY, text.encode())


def prepare_account(world: World) -> None:
    """Put the base model into the bucket."""
    world.s3.put(MANIFEST_KEY, json.dumps(MANIFEST).encode())


FIRST = (0.0, drop(KEY, TWEETS))
CANCEL = drop("datasets/tweets/cancel", b"")
# Seconds after the first drop.
IN_TRAINING, IN_CREATION, IN_UPDATE, ENDED = 300.0, 750.0, 1_250.0, 3_000.0
EXPIRY = 1 / 24  # Days that a run asks, where it expires.
EXPIRED = 3_900.0  # The sweep that ends such a run comes at this second.
FOLDER = "datasets/tweets/monday/"
OF_THE_HUB = "base_model: me/tiny"
SECOND_KEY = "datasets/second/tweets.csv"

SCENARIOS: dict[str, Scenario] = {
    "one drop": Scenario(actions=(FIRST,)),
    "processing job": Scenario(actions=(FIRST,), environment={"PREPARE_LIMIT_MEGABYTES": "0"}),
    "two drops": Scenario(actions=(FIRST, (IN_TRAINING, drop(KEY, OTHER))), jobs=2),
    "two drops, late": Scenario(actions=(FIRST, (IN_CREATION, drop(KEY, OTHER))), jobs=2),
    "two drops, processing": Scenario(
        actions=(FIRST, (62.0, drop(KEY, OTHER))),
        jobs=2,
        environment={"PREPARE_LIMIT_MEGABYTES": "0"},
    ),
    "two files": Scenario(actions=(FIRST, (5.0, drop("datasets/tweets/b.csv", OTHER))), jobs=2),
    "two files, same second": Scenario(
        actions=(FIRST, (0.2, drop("datasets/tweets/b.csv", OTHER))), jobs=2
    ),
    "three drops": Scenario(
        actions=(
            FIRST,
            (ENDED, drop("datasets/tweets/b.csv", OTHER)),
            (ENDED + 5.0, drop("datasets/tweets/c.csv", TWEETS + b"\nnothing bad,0")),
        ),
        jobs=3,
    ),
    "same again": Scenario(actions=(FIRST, (IN_TRAINING, drop(KEY, TWEETS)))),
    "same again at once": Scenario(actions=(FIRST, (1.5, drop(KEY, TWEETS)))),
    "rerun": Scenario(actions=(FIRST, (ENDED, drop(KEY, TWEETS, tunedrop_rerun="true"))), jobs=2),
    "recipe there and back": Scenario(
        actions=(
            (0.0, recipe("split: {seed: 1}")),
            (2.0, drop(KEY, TWEETS)),
            (IN_CREATION, recipe("split: {seed: 2}")),
            (IN_CREATION + 30.0, recipe("split: {seed: 1}")),
        ),
        jobs=3,
    ),
    # A random pace can bring the recipe before the end of the training, which is then done anew.
    "only the evaluation changes": Scenario(
        actions=(FIRST, (ENDED, recipe("evaluate: {gate: {min_gain: 0.01}}"))), jobs=2
    ),
    "only the evaluation changes, soon": Scenario(
        actions=(FIRST, (IN_CREATION, recipe("evaluate: {gate: {min_gain: 0.01}}"))), jobs=2
    ),
    "folder": Scenario(
        actions=(
            (0.0, drop(f"{FOLDER}one.csv", TWEETS)),
            (1.0, drop(f"{FOLDER}two.csv", OTHER.replace(b"thing", b"day"))),
            (2.0, drop(f"{FOLDER}_SUCCESS", b"")),
        )
    ),
    "bad input": Scenario(
        actions=((0.0, drop(KEY, b"\x89PNG\r\n\x1a\n\x00\x00")),), code="dataset", jobs=0
    ),
    "bad recipe": Scenario(
        actions=((0.0, recipe("spilt: {seed: 1}")), (2.0, drop(KEY, TWEETS))),
        code="recipe",
        jobs=0,
    ),
    "doubtful file": Scenario(actions=((0.0, drop(KEY, DOUBTFUL)),), asks=True, jobs=0),
    "doubtful file, large": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)),),
        asks=True,
        jobs=0,
        environment={"PREPARE_LIMIT_MEGABYTES": "0"},
    ),
    "doubtful file, answered": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)), (IN_TRAINING, recipe(ANSWER)))
    ),
    "doubtful file, replaced": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)), (IN_TRAINING, drop(KEY, TWEETS)))
    ),
    "doubtful file, unanswered": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)),),
        code="unanswered",
        jobs=0,
        days_to_answer=EXPIRY,
    ),
    "doubtful file, answered at its expiry": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)), (EXPIRED, recipe(ANSWER))),
        days_to_answer=EXPIRY,
    ),
    "doubtful file again": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)), (IN_TRAINING, drop(KEY, DOUBTFUL))),
        asks=True,
        jobs=0,
    ),
    "misplaced": Scenario(actions=((0.0, drop("tweets.csv", TWEETS)), (60.0, FIRST[1]))),
    "stop after prepare": Scenario(
        actions=((0.0, recipe("stop_after: prepare")), (2.0, FIRST[1])), jobs=0
    ),
    "hub model": Scenario(actions=((0.0, recipe(OF_THE_HUB)), (2.0, FIRST[1]))),
    "hub model, two datasets": Scenario(
        actions=(
            (0.0, recipe(OF_THE_HUB)),
            (2.0, FIRST[1]),
            (3.0, drop("datasets/second/recipe.yaml", OF_THE_HUB.encode())),
            (4.0, drop(SECOND_KEY, OTHER)),
        ),
        jobs=2,
    ),
    "hub model, another drop": Scenario(
        actions=((0.0, recipe(OF_THE_HUB)), (2.0, FIRST[1]), (30.0, drop(KEY, OTHER))),
        jobs=2,  # The fetch may end before the second drop.
    ),
    "gated hub model": Scenario(
        actions=((0.0, recipe("base_model: gated/tiny")), (2.0, FIRST[1])),
        code="base_model",
        jobs=0,
    ),
    "tuning": Scenario(actions=((0.0, recipe(TUNING)), (2.0, FIRST[1]))),
    "tuning, then a drop": Scenario(
        actions=((0.0, recipe(TUNING)), (2.0, FIRST[1]), (IN_TRAINING, drop(KEY, OTHER))), jobs=2
    ),
    "tuning, cancelled": Scenario(
        actions=((0.0, recipe(TUNING)), (2.0, FIRST[1]), (IN_TRAINING, CANCEL)), code="cancelled"
    ),
    "keep": Scenario(
        actions=((0.0, recipe("deploy: {keep: always, ttl_hours: 1}")), (2.0, FIRST[1]))
    ),
    "keep, then a drop": Scenario(
        actions=(
            (0.0, recipe("deploy: {keep: always, ttl_hours: 1}")),
            (2.0, FIRST[1]),
            (ENDED, drop(KEY, OTHER)),
        ),
        jobs=2,
    ),
    "long upload": Scenario(
        actions=(
            FIRST,
            (IN_TRAINING, end_of_upload("datasets/tweets/b.csv", OTHER, IN_TRAINING + 60.0)),
        ),
        jobs=2,
    ),
    "cancelled": Scenario(actions=(FIRST, (IN_TRAINING, CANCEL)), code="cancelled"),
    "cancelled at once": Scenario(
        actions=((0.0, drop(KEY, TWEETS)), (0.0, CANCEL)), code="cancelled"
    ),
    "cancelled, late": Scenario(actions=(FIRST, (IN_CREATION, CANCEL)), code="cancelled"),
    "cancelled, processing": Scenario(
        actions=(FIRST, (62.0, CANCEL)),
        code="cancelled",
        environment={"PREPARE_LIMIT_MEGABYTES": "0"},
    ),
    "doubtful file, cancelled": Scenario(
        actions=((0.0, drop(KEY, DOUBTFUL)), (IN_TRAINING, CANCEL)), code="cancelled", jobs=0
    ),
    "keep, cancelled": Scenario(
        actions=(
            (0.0, recipe("deploy: {keep: always, ttl_hours: 24}")),
            (2.0, FIRST[1]),
            (ENDED, CANCEL),
        ),
    ),
    "cancelled, then a drop": Scenario(
        actions=(FIRST, (IN_TRAINING, CANCEL), (IN_TRAINING + 5.0, drop(KEY, OTHER))), jobs=2
    ),
    "full fine-tuning": Scenario(actions=((0.0, recipe("method: full")), (2.0, FIRST[1]))),
    "full fine-tuning, replaced": Scenario(
        actions=((0.0, recipe("method: full")), (2.0, FIRST[1]), (IN_UPDATE, drop(KEY, OTHER))),
        jobs=2,
    ),
    "quota of one": Scenario(actions=(FIRST, (IN_TRAINING, drop(KEY, OTHER))), jobs=2, quota=1),
    "quota of one, late": Scenario(
        actions=(FIRST, (IN_CREATION, drop(KEY, OTHER))), jobs=2, quota=1
    ),
}
