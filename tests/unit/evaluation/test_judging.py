"""From answers to a verdict: what is said, and what is taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders.evaluations import (
    SENTIMENTS,
    SYSTEM,
    answers_of,
    dataset_of,
    gated,
    judge_labels,
    judge_texts,
    row,
    rows_of,
    the_tweets,
)
from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.report import Judgement
from tunedrop.documents.rows import Message
from tunedrop.errors import EvaluationError, RecipeError
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Generation, Recipe

TRAINED_ON = {"negative": 300, "neutral": 200, "positive": 140}
HALVES = ["negative", "positive"] * 100


def about(texts: list[str], word: str) -> str:
    """Return the only text with this word."""
    found = [text for text in texts if word in text]
    assert len(found) == 1, (word, texts)
    return found[0]


@pytest.fixture(scope="module")
def judged() -> Judgement:
    golds, base, tuned = the_tweets()
    return judge_labels(golds, base, tuned, trained_on=TRAINED_ON)


class TestTheTweets:
    """200 tweets as measured in a real run: base 19%, majority 52%, tuned 65.5%."""

    def test_the_headline_says_who_is_better_and_by_how_much(self, judged: Judgement) -> None:
        assert judged.verdict == "better"
        assert judged.passed_gate
        assert judged.headline == (
            "The tuned model is better than the base model: 65.5% of answers right against 19.0%, "
            "on 200 held-out rows."
        )

    def test_the_figures_are_those_of_the_run(self, judged: Judgement) -> None:
        primary = judged.comparisons[0]
        assert (primary.wins, primary.losses, primary.ties) == (97, 4, 99)
        assert primary.difference.value == pytest.approx(0.465)
        assert primary.difference.low == pytest.approx(0.38916332)
        assert primary.p_value == pytest.approx(3.35638779268828e-24)
        assert judged.base.unparsed == 125
        assert judged.tuned.unparsed == 0
        assert judged.tuned.metrics["accuracy"].low == pytest.approx(0.5867558926)

    def test_always_answering_the_commonest_label_is_the_rival(self, judged: Judgement) -> None:
        assert {each.name for each in judged.baselines} == {"always “negative”"}
        accuracy, macro_f1 = judged.baselines
        assert accuracy.value.value == pytest.approx(0.52)
        assert macro_f1.value.value == pytest.approx(2 * 104 / (104 + 200) / 3)
        assert "reaches 52.0%; the tuned model beats that too" in about(judged.sentences, "Always")

    def test_format_is_told_from_knowledge(self, judged: Judgement) -> None:
        said = about(judged.sentences, "the format makes no difference")
        assert "125 of the base model's 200 answers name no label" in said
        assert "On the other 75 rows" in said
        assert "right on 50.7%" in said  # 38 of 75

    def test_p_values_are_corrected_for_their_number(self, judged: Judgement) -> None:
        assert [each.metric for each in judged.comparisons] == ["accuracy", "accuracy", "macro_f1"]
        for each in judged.comparisons:
            assert each.p_adjusted is not None
            assert each.p_adjusted >= each.p_value

    def test_the_same_answers_give_the_same_judgement(self, judged: Judgement) -> None:
        golds, base, tuned = the_tweets()
        assert judged == judge_labels(golds, base, tuned, trained_on=TRAINED_ON)

    def test_samples_are_real_rows_of_their_kind(self, judged: Judgement) -> None:
        assert {1 <= sample.row <= 97 for sample in judged.wins} == {True}
        assert [sample.row for sample in judged.losses] == [98, 99, 100, 101]
        assert judged.losses[0].expected in judged.losses[0].base
        assert all(sample.row > 101 for sample in judged.ties)


def test_better_than_the_base_but_not_than_one_answer_for_all_says_so_in_the_headline() -> None:
    golds = ["negative"] * 120 + ["positive"] * 80
    judged = judge_labels(golds, ["?"] * 200, ["negative"] * 200, trained_on={"negative": 9})
    assert judged.verdict == "better"
    assert "but not clearly better than always answering “negative” (60.0%)" in judged.headline


def test_worse_than_one_answer_for_all_says_so_in_the_headline() -> None:
    golds = ["negative"] * 160 + ["positive"] * 40
    tuned = ["negative"] * 80 + ["positive"] * 120
    judged = judge_labels(golds, ["?"] * 200, tuned, trained_on={"negative": 9})
    assert "but worse than always answering “negative” (80.0%)" in judged.headline
    assert "has not learned the task" in about(judged.sentences, "Always answering")


def test_a_worse_model_is_called_worse() -> None:
    judged = judge_labels(HALVES, HALVES, ["positive"] * 200)
    assert judged.verdict == "worse"
    assert not judged.passed_gate
    assert "is worse than the base model: 50.0% of answers right against 100.0%" in judged.headline


def test_given_all_ties_on_many_rows_then_there_is_no_difference() -> None:
    judged = judge_labels(HALVES, HALVES, HALVES)
    assert judged.verdict == "no_difference"
    assert judged.comparisons[0].p_value == 1.0
    assert judged.wins == judged.losses == []
    assert "letter by letter" in about(judged.warnings, "same answers")


def test_given_few_rows_then_it_says_how_many_it_takes() -> None:
    golds, tuned = HALVES[:40], [*HALVES[:38], "?", "?"]
    judged = judge_labels(golds, HALVES[:35] + ["?"] * 5, tuned)
    assert judged.verdict == "too_small_to_tell"
    assert judged.headline.startswith("40 test rows are too few to tell which model is better")
    assert "To detect 5 points, about" in about(judged.sentences, "test rows are needed")
    assert "Only 40 test rows" in about(judged.warnings, "Only")


def test_given_less_than_twenty_rows_then_even_a_clean_sweep_is_too_little() -> None:
    judged = judge_labels(HALVES[:19], ["?"] * 19, HALVES[:19])
    assert judged.comparisons[0].p_value < 0.001
    assert judged.verdict == "too_small_to_tell"
    assert not judged.passed_gate


def test_given_one_row_then_it_is_judged_and_called_too_small() -> None:
    judged = judge_labels(["negative"], ["positive"], ["negative"], trained_on={"negative": 2})
    assert judged.verdict == "too_small_to_tell"
    assert judged.headline.startswith("1 test row is too few")


def test_given_nothing_but_unparsed_answers_then_they_are_wrong_and_reported() -> None:
    judged = judge_labels(HALVES, ["?"] * 200, ["!"] * 200)
    assert judged.base.metrics["accuracy"].value == judged.tuned.metrics["accuracy"].value == 0
    assert judged.tuned.unparsed == 200
    assert judged.verdict == "no_difference"
    assert "100.0% of the tuned model's answers name no label" in about(
        judged.warnings, "tuned model's answers name"
    )


def test_the_gate_asks_for_a_gain_above_min_gain_with_confidence() -> None:
    base = ["?"] * 30 + HALVES[30:]
    modest = judge_labels(HALVES, base, HALVES, recipe=gated(min_gain=0.2))
    assert modest.verdict == "better"
    assert not modest.passed_gate
    assert "but not certainly by the 20 points that the recipe asks for" in modest.headline
    assert "so it is not reached" in about(modest.sentences, "asks for a gain")
    assert judge_labels(HALVES, base, HALVES, recipe=gated(min_gain=0.05)).passed_gate


def test_more_confidence_takes_more_evidence() -> None:
    base = ["?"] * 7 + HALVES[7:]
    assert judge_labels(HALVES, base, HALVES, recipe=gated(confidence=0.95)).verdict == "better"
    strict = judge_labels(HALVES, base, HALVES, recipe=gated(confidence=0.999))
    assert strict.verdict != "better"
    assert "99.9% confidence" in strict.sentences[0]


def test_the_gate_may_hang_on_macro_f1() -> None:
    golds = ["negative"] * 180 + ["positive"] * 20
    judged = judge_labels(golds, ["negative"] * 200, golds, recipe=gated(metric="macro_f1"))
    assert judged.primary_metric == "macro_f1"
    assert judged.comparisons[0].test == "paired permutation test"
    assert judged.verdict == "better"
    assert "a macro-F1 of 100.0% against 47.4%" in judged.headline


def test_a_metric_of_another_task_is_refused() -> None:
    with pytest.raises(RecipeError, match="token_f1"):
        judge_labels(HALVES, HALVES, HALVES, recipe=gated(metric="token_f1"))


def test_no_rows_is_an_error_with_a_remedy() -> None:
    with pytest.raises(EvaluationError, match="no test row"):
        judge_labels([], [], [])


class TestFreeText:
    """Exact match and token F1 instead of labels."""

    long = tuple(f"the answer to question {n} is a sentence about {n * 7}" for n in range(60))

    def test_long_answers_are_judged_by_their_shared_words(self) -> None:
        half = [text.split(" is ")[0] for text in self.long]
        judged = judge_texts(self.long, ["nothing"] * 60, half)
        assert judged.primary_metric == "token_f1"
        assert judged.verdict == "better"
        assert judged.tuned.metrics["exact_match"].value == 0
        assert 0.5 < judged.tuned.metrics["token_f1"].value < 0.9
        assert judged.confusion is None
        assert judged.tuned.labels == {}

    def test_short_answers_are_right_or_wrong(self) -> None:
        golds = [str(n) for n in range(60)]
        judged = judge_texts(golds, ["I do not know"] * 60, golds)
        assert judged.primary_metric == "exact_match"
        assert "100.0% of answers exactly right against 0.0%" in judged.headline

    def test_the_commonest_training_answer_is_the_rival_where_there_is_one(self) -> None:
        train = [row(n, f"trained {n}", answer) for n, answer in enumerate(["no", "no", "yes"])]
        judged = judge_texts(["no", "yes"] * 30, ["?"] * 60, ["no"] * 60, train=train)
        assert judged.baselines[0].name == "always “no”"
        assert judged.baselines[0].value.value == 0.5
        assert judge_texts(["no"], ["?"], ["no"], train=train[1:]).baselines == []


class TestCautions:
    """Evaluations lie in known ways: each is counted and said."""

    def test_test_rows_that_stand_in_train(self) -> None:
        train = [row(1, "  Question 3!", "negative"), row(2, "another question", "positive")]
        judged = judge_labels(HALVES, HALVES, HALVES, train=train)
        assert "1 of the 200 test rows asks what a training row asks (row 3)" in about(
            judged.warnings, "training row"
        )

    def test_answers_cut_at_max_tokens(self) -> None:
        rows, said = rows_of(HALVES), [Answer(label) for label in HALVES]
        cut = [Answer("I think that", finish_reason="length"), *said[1:]]
        dataset = dataset_of("classification", SENTIMENTS)
        judged = judge(dataset, rows, Answers(base=cut, tuned=said), Recipe())
        assert judged.base.truncated == 1
        assert "1 of the base model's 200 answers were cut" in about(judged.warnings, "cut at")

    def test_right_answers_longer_than_max_tokens(self) -> None:
        golds = ["short"] * 30 + ["word " * 40]
        judged = judge_texts(
            golds, golds, golds, recipe=Recipe(generation=Generation(max_tokens=24))
        )
        assert "1 right answer is probably longer than generation.max_tokens = 24" in about(
            judged.warnings, "longer than"
        )

    def test_empty_right_answers(self) -> None:
        judged = judge_texts(["", " ", "yes"], ["no"] * 3, [""] * 3)
        assert "2 test rows have an empty right answer" in about(judged.warnings, "empty")

    def test_one_label_only(self) -> None:
        judged = judge_labels(["neutral"] * 50, ["?"] * 50, ["neutral"] * 50)
        assert "same label, “neutral”" in about(judged.warnings, "Every test row")

    def test_a_model_that_always_says_the_same(self) -> None:
        judged = judge_labels(HALVES, HALVES, ["positive"] * 200)
        assert "same answer to every row" in about(judged.warnings, "not learned")

    def test_a_clean_evaluation_has_none(self) -> None:
        golds, base, tuned = the_tweets()
        assert judge_labels(golds, base, tuned, trained_on=TRAINED_ON).warnings == []


def test_the_example_question_carries_the_system_prompt_that_all_rows_share() -> None:
    judged = judge_labels(HALVES, HALVES, HALVES)
    assert judged.example.messages == [
        Message("system", SYSTEM),
        Message("user", "YOUR TEXT HERE"),
    ]


def test_what_the_asking_took_is_added_up() -> None:
    judged = judge_labels(["negative"] * 3, ["a"] * 3, ["b"] * 3)
    assert (judged.asking.answers, judged.asking.seconds) == (6, 12.5)
    assert (judged.asking.prompt_tokens, judged.asking.completion_tokens) == (60, 12)


@given(
    st.lists(
        st.tuples(st.sampled_from(SENTIMENTS), st.text(max_size=8), st.text(max_size=8)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["classification", "generation"]),
)
def test_whatever_the_models_say_it_is_judged_and_adds_up(
    said: list[tuple[str, str, str]], task: str
) -> None:
    golds, base, tuned = (list(column) for column in zip(*said, strict=True))
    judging = judge_labels if task == "classification" else judge_texts
    judged = judging(golds, base, tuned)
    for each in judged.comparisons:
        assert each.wins + each.losses + each.ties == len(said)
        assert each.difference.low <= each.difference.high
        assert 0 < each.p_value <= 1
    assert judged.verdict != "better" or judged.comparisons[0].difference.low > 0


def test_answers_that_do_not_fit_the_rows_are_a_defect() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge(dataset_of("generation"), rows_of(["a"]), answers_of(["a", "b"], ["a"]), Recipe())
