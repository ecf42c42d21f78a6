"""Small evaluations: the right answers and what each model answered."""

from collections.abc import Sequence

import msgspec

from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import Columns, Dataset, RowCounts, Split, Task, TokenStatistics
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.rows import Message, Row
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Evaluate, Gate, Recipe

SENTIMENTS = ["negative", "neutral", "positive"]
SYSTEM = "Answer with exactly one of: negative, neutral, positive."


def row(number: int, question: str, answer: str) -> Row:
    return Row(
        row=number,
        prompt=[Message("system", SYSTEM), Message("user", question)],
        completion=[Message("assistant", answer)],
    )


def rows_of(golds: Sequence[str]) -> list[Row]:
    return [row(index, f"question {index}", gold) for index, gold in enumerate(golds, start=1)]


def answers_of(base: Sequence[str], tuned: Sequence[str]) -> Answers:
    return Answers(
        base=[Answer(text, prompt_tokens=10, completion_tokens=2) for text in base],
        tuned=[Answer(text, prompt_tokens=10, completion_tokens=2) for text in tuned],
        seconds=12.5,
    )


def dataset_of(
    task: Task, labels: Sequence[str] = (), trained_on: dict[str, int] | None = None
) -> Dataset:
    return Dataset(
        version=1,
        dataset="tweets",
        run="9f3a61c2d04e",
        source="tweets.csv",
        format="csv",
        task=task,
        columns=Columns(shape="text_label", mapping={"text": "text"}, why="two columns"),
        rows=RowCounts(
            source=9, train=6, validation=1, test=2, rejected=0, duplicates=0, not_sampled=0
        ),
        rejected_reasons={},
        labels=list(labels),
        system=None,
        splits={"train": Split(rows=6, blake3="0" * 64, labels=trained_on or {})},
        tokens=TokenStatistics(method="tokenizer", total=1, mean=1, median=1, p95=1, longest=1),
        warnings=[],
    )


def dataset_with(usable: int, test: int) -> Dataset:
    """Return a classification's dataset.json with this many usable rows and test rows."""
    return msgspec.structs.replace(
        dataset_of("classification", SENTIMENTS),
        rows=RowCounts(
            source=usable,
            train=usable - test,
            validation=0,
            test=test,
            rejected=0,
            duplicates=0,
            not_sampled=0,
        ),
    )


def gated(**gate: object) -> Recipe:
    return Recipe(evaluate=Evaluate(gate=Gate(**gate)))  # type: ignore[arg-type]


def judge_labels(  # noqa: PLR0913 - an evaluation in one line
    golds: Sequence[str],
    base: Sequence[str],
    tuned: Sequence[str],
    *,
    recipe: Recipe | None = None,
    trained_on: dict[str, int] | None = None,
    train: Sequence[Row] = (),
    clusters: Sequence[int] = (),
    dataset: Dataset | None = None,
) -> Judgement:
    """Judge a classification of tweets; `trained_on` counts the labels of the training rows."""
    dataset = dataset or dataset_of("classification", SENTIMENTS, trained_on)
    rows = rows_of(golds)
    for each, cluster in zip(rows, clusters, strict=False):
        each.cluster = cluster
    return judge(dataset, rows, answers_of(base, tuned), recipe or Recipe(), train)


def judge_texts(
    golds: Sequence[str],
    base: Sequence[str],
    tuned: Sequence[str],
    *,
    recipe: Recipe | None = None,
    train: Sequence[Row] = (),
) -> Judgement:
    """Judge free text."""
    dataset = dataset_of("generation")
    return judge(dataset, rows_of(golds), answers_of(base, tuned), recipe or Recipe(), train)


def the_tweets() -> tuple[list[str], list[str], list[str]]:
    """Return (golds, base, tuned) of 200 tweets with the figures of a real run.

    104 tweets are negative. The tuned model is right on 131, the base model on 38; the tuned one
    wins 97 rows and loses 4; 125 of the base model's answers name no label.
    """
    golds = [_tweet_label(index) for index in range(200)]
    base, tuned = [], []
    for index, gold in enumerate(golds):
        wrong = "neutral" if gold == "positive" else "positive"
        if index < 97:  # wins
            base.append("Positive or negative?" if index < 80 else f"It is {wrong}.")
            tuned.append(gold)
        elif index < 101:  # losses
            base.append(f"The sentiment is {gold}.")
            tuned.append(wrong)
        elif index < 135:  # both right
            base.append(gold.upper())
            tuned.append(gold)
        else:  # both wrong
            base.append("Sentiment:" if index < 180 else wrong)
            tuned.append(wrong)
    return golds, base, tuned


def _tweet_label(index: int) -> str:
    if index % 25 < 13:
        return "negative"
    return "neutral" if index % 2 else "positive"
