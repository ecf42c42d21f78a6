"""The few-shot baseline: which training rows are shown, and what the report says of it."""

import msgspec
import pytest

from tests.support.builders.evaluations import (
    SENTIMENTS,
    SYSTEM,
    answers_of,
    dataset_of,
    row,
    rows_of,
)
from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import TokenStatistics
from tunedrop.documents.judgement import Judgement
from tunedrop.evaluation.few_shot import FewShot, examples_for, with_examples
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Recipe

ESTIMATED = TokenStatistics(method="characters", total=9, mean=1, median=1, p95=1, longest=1)
COUNTS = {"negative": 40, "neutral": 20, "positive": 10}
TRAIN = [row(n, f"tweet {n} {'x' * (n % 7)}", SENTIMENTS[n % 3]) for n in range(70)]
TEST = rows_of(["negative"] * 30)
LABELLED = dataset_of("classification", SENTIMENTS, COUNTS)


def test_one_training_row_of_each_label_is_shown() -> None:
    # When
    examples = examples_for(LABELLED, 1024, TRAIN, TEST)

    # Then
    assert sorted(each.answer for each in examples) == SENTIMENTS
    assert examples == sorted(examples, key=lambda each: each.row)
    assert examples == examples_for(LABELLED, 1024, TRAIN, TEST)  # chosen once


def test_text_is_shown_four_rows_of_the_shorter_half() -> None:
    # Given
    train = [row(n, "x" * n, f"answer {n}") for n in range(1, 101)]

    # When
    examples = examples_for(dataset_of("generation"), 1024, train, TEST)

    # Then
    assert len(examples) == 4
    assert max(each.row for each in examples) <= 50


def test_examples_that_do_not_fit_beside_the_longest_row_are_left_out() -> None:
    # Given room for two of the rows, as long as a token may be a single byte
    train = [row(n, "x" * 60, f"answer {n}") for n in range(20)]
    estimated = msgspec.structs.replace(dataset_of("generation"), tokens=ESTIMATED)

    # Then
    assert len(examples_for(estimated, 700, train, rows_of(["a"]))) == 2
    assert examples_for(estimated, 700, train, [row(1, "y" * 700, "a")]) == []


def test_counted_tokens_make_more_room() -> None:
    # Given
    train = [row(n, "x" * 60, f"answer {n}") for n in range(20)]
    counted = msgspec.structs.replace(ESTIMATED, method="tokenizer", total=20 * 50)
    document = msgspec.structs.replace(dataset_of("generation"), tokens=counted)

    # Then
    assert len(examples_for(document, 700, train, rows_of(["a"]))) == 4


def test_rows_that_call_tools_are_shown_no_examples() -> None:
    # Given
    test = [msgspec.structs.replace(TEST[0], tools=[{"type": "function"}])]

    # Then
    assert examples_for(LABELLED, 1024, TRAIN, test) == []


def test_examples_stand_between_the_system_prompt_and_the_question() -> None:
    # Given
    examples = [row(1, "awful", "negative"), row(2, "great", "positive")]

    # When
    shown = with_examples(row(9, "so so", "neutral"), examples)

    # Then
    assert [(turn.role, turn.content) for turn in shown.prompt] == [
        ("system", SYSTEM),
        ("user", "awful"),
        ("assistant", "negative"),
        ("user", "great"),
        ("assistant", "positive"),
        ("user", "so so"),
    ]


def judged(few_shot_right: int) -> Judgement:
    """Judge a tuned model that is right on 160 of 200 rows, beside few-shot answers."""
    golds = ["negative", "positive"] * 100

    def right(rows: int) -> list[str]:
        return [gold if at < rows else "neutral" for at, gold in enumerate(golds)]

    rows = rows_of(golds)
    few_shot = FewShot(TRAIN[:3], [Answer(text) for text in right(few_shot_right)])
    answers = answers_of(right(20), right(160))
    return judge(LABELLED, rows, answers, Recipe(), few_shot=few_shot)


def test_the_headline_says_if_few_shot_would_have_done() -> None:
    # When
    judgement = judged(158)

    # Then
    assert judgement.headline.startswith(
        "The tuned model is better than the base model, but not clearly better than the base model "
        "with 3 training rows in its prompt (79.0%)"
    )
    assert judgement.gate.decision == "hold"
    assert judgement.baselines[0].kind == "few_shot"
    assert judgement.baselines[0].name == "base with 3 examples"


@pytest.mark.parametrize(("right", "words"), [(60, "beats that too"), (190, "No training was")])
def test_the_evidence_compares_with_few_shot(right: int, words: str) -> None:
    assert words in " ".join(judged(right).sentences)
