"""Answers are judged: verdict, headline, gate and the cautions that qualify them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders.evaluations import (
    SENTIMENTS,
    SYSTEM,
    answers_of,
    dataset_of,
    dataset_with,
    gated,
    judge_labels,
    judge_texts,
    row,
    rows_of,
    the_tweets,
)
from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.judgement import Judgement
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
        # Given
        primary = judged.comparisons[0]

        # Then
        assert (primary.wins, primary.losses, primary.ties) == (97, 4, 99)
        assert primary.difference.value == pytest.approx(0.465)
        assert primary.difference.low == pytest.approx(0.38916332)
        assert primary.p_value == pytest.approx(1.7597648577e-24)
        assert judged.base.unparsed == 125
        assert judged.tuned.unparsed == 0
        assert judged.tuned.metrics["accuracy"].low == pytest.approx(0.5867558926)

    def test_the_most_frequent_label_is_the_trivial_baseline(self, judged: Judgement) -> None:
        assert {each.name for each in judged.baselines} == {"always “negative”"}
        accuracy, macro_f1 = judged.baselines
        assert accuracy.value.value == pytest.approx(0.52)
        assert macro_f1.value.value == pytest.approx(2 * 104 / (104 + 200) / 3)
        assert "reaches 52.0%; the tuned model beats that too" in about(judged.sentences, "Always")

    def test_unparsed_answers_are_compared_apart_from_wrong_ones(self, judged: Judgement) -> None:
        # Given
        said = about(judged.sentences, "answered in form")

        # Then
        assert "On the 75 rows that both models answered in form (one clear label" in said
        assert "the base model 50.7%" in said  # 38 of 75
        assert judged.in_form is not None
        assert judged.in_form.difference.n == 75

    def test_the_comparisons_are_those_of_the_model_and_the_baselines(
        self, judged: Judgement
    ) -> None:
        assert [(each.metric, each.rival) for each in judged.comparisons] == [
            ("accuracy", "base"),
            ("accuracy", "always “negative”"),
            ("macro_f1", "base"),
        ]

    def test_the_gate_says_ship_in_one_sentence(self, judged: Judgement) -> None:
        assert judged.gate.decision == "ship"
        assert judged.gate.sentence == (
            "Ship: with 95% confidence the gain lies between +38.9 and +53.8 points, above the "
            "0 points that the recipe asks for."
        )

    def test_the_power_of_the_test_is_told(self, judged: Judgement) -> None:
        assert "These 200 test rows show a true difference of" in judged.sentences[-1]

    def test_the_same_answers_give_the_same_judgement(self, judged: Judgement) -> None:
        # Given
        golds, base, tuned = the_tweets()

        # Then
        assert judged == judge_labels(golds, base, tuned, trained_on=TRAINED_ON)

    def test_the_samples_are_rows_of_their_kind(self, judged: Judgement) -> None:
        assert {1 <= sample.row <= 97 for sample in judged.wins} == {True}
        assert [sample.row for sample in judged.losses] == [98, 99, 100, 101]
        assert judged.losses[0].expected in judged.losses[0].base
        assert all(sample.row > 101 for sample in judged.ties)


def test_the_headline_says_if_the_model_only_beats_the_base_model() -> None:
    # Given
    golds = ["negative"] * 120 + ["positive"] * 80

    # When
    judged = judge_labels(golds, ["?"] * 200, ["negative"] * 200, trained_on={"negative": 9})

    # Then
    assert judged.verdict == "better"
    assert "but not clearly better than always answering “negative” (60.0%)" in judged.headline


def test_the_headline_says_if_the_model_is_worse_than_the_majority_answer() -> None:
    # Given
    golds = ["negative"] * 160 + ["positive"] * 40
    tuned = ["negative"] * 80 + ["positive"] * 120

    # When
    judged = judge_labels(golds, ["?"] * 200, tuned, trained_on={"negative": 9})

    # Then
    assert "but worse than always answering “negative” (80.0%)" in judged.headline
    assert "has not learned the task" in about(judged.sentences, "Always answering")


def test_a_worse_model_has_the_verdict_worse() -> None:
    # When
    judged = judge_labels(HALVES, HALVES, ["positive"] * 200)

    # Then
    assert judged.verdict == "worse"
    assert not judged.passed_gate
    assert "is worse than the base model: 50.0% of answers right against 100.0%" in judged.headline


def test_equal_answers_on_many_rows_are_no_difference() -> None:
    # When
    judged = judge_labels(HALVES, HALVES, HALVES)

    # Then
    assert judged.verdict == "no_difference"
    assert judged.comparisons[0].p_value == 1.0
    assert judged.wins == judged.losses == []
    assert "letter by letter" in about(judged.warnings, "same answers")


def test_the_report_of_few_rows_says_how_many_are_needed() -> None:
    # Given
    golds, tuned = HALVES[:40], [*HALVES[:38], "?", "?"]

    # When
    judged = judge_labels(golds, HALVES[:35] + ["?"] * 5, tuned)

    # Then
    assert judged.verdict == "too_small_to_tell"
    assert judged.headline.startswith("40 test rows are too few to tell which model is better")
    needed = about(judged.sentences, "To show a difference of 5 points")
    assert "to show the one seen here, +7.5 points, about" in needed
    assert judged.gate.decision == "hold"
    assert "leaves open which model is better" in judged.gate.sentence


def test_fewer_than_twenty_rows_are_too_few_for_any_verdict() -> None:
    # When
    judged = judge_labels(HALVES[:18], ["?"] * 18, HALVES[:18], dataset=dataset_with(180, 18))

    # Then
    assert judged.comparisons[0].p_value < 0.001
    assert judged.verdict == "too_small_to_tell"
    assert not judged.passed_gate
    assert judged.headline == (
        "18 test rows are too few to tell which model is better: 100.0% of answers right against "
        "0.0%."
    )
    assert judged.gate.sentence == (
        "Hold: a verdict needs at least 20 test rows, and there are 18."
    )
    assert judged.sentences[1] == (
        "2 more test rows are needed. Write `split: {test: 0.12}` in recipe.yaml to hold out 20 of "
        "the 180 rows."
    )


def test_a_report_below_the_floor_does_not_speak_of_chance() -> None:
    # When
    judged = judge_labels(HALVES[:18], ["?"] * 18, HALVES[:18], dataset=dataset_with(180, 18))

    # Then
    told = [judged.headline, *judged.sentences, *judged.warnings]
    assert not [text for text in told if "chance" in text or "beats" in text]
    assert "too few rows to rely on" in judged.sentences[0]


def test_fewer_than_ten_groups_are_too_few_for_any_verdict() -> None:
    # Given 200 rows in eight groups, all won by the tuned model
    clusters = [1 + index % 8 for index in range(200)]

    # When
    judged = judge_labels(
        HALVES, ["?"] * 200, HALVES, clusters=clusters, dataset=dataset_with(2_000, 200)
    )

    # Then
    assert judged.verdict == "too_small_to_tell"
    assert judged.comparisons[0].units == 8
    assert judged.headline.startswith("200 test rows in 8 independent groups are too few to tell")
    assert "at least 10 independent groups of test rows, and there are 8" in judged.gate.sentence
    assert (
        "2 more groups of test rows are needed. Write `split: {test: 0.16}`"
        in (judged.sentences[1])
    )


def test_rows_of_one_group_are_one_observation() -> None:
    # Given 20 groups of 10 rows; the tuned model wins in 13 groups and loses in 7
    clusters = [1 + index // 10 for index in range(200)]
    base = ["?" if cluster <= 13 else gold for cluster, gold in zip(clusters, HALVES, strict=True)]
    tuned = [gold if cluster <= 13 else "?" for cluster, gold in zip(clusters, HALVES, strict=True)]

    # When
    as_rows = judge_labels(HALVES, base, tuned)
    as_groups = judge_labels(HALVES, base, tuned, clusters=clusters)

    # Then
    assert as_rows.verdict == "better"
    assert as_groups.verdict == "too_small_to_tell"
    assert "sign permutation test of 20 groups of rows" in as_groups.sentences[0]


def test_repeated_answers_to_a_row_are_one_observation() -> None:
    # Given each of 40 rows five times
    rows = rows_of(HALVES[:40]) * 5
    said = [row.answer for row in rows]

    # When
    judged = judge(
        dataset_of("classification", SENTIMENTS), rows, answers_of(["?"] * 200, said), Recipe()
    )

    # Then
    assert judged.comparisons[0].units == 40


def test_rows_with_the_same_prompt_are_one_observation() -> None:
    # Given
    rows = [row(number, f"question {number % 30}", "yes") for number in range(60)]

    # When
    judged = judge(dataset_of("generation"), rows, answers_of(["no"] * 60, ["yes"] * 60), Recipe())

    # Then
    assert judged.comparisons[0].units == 30


def test_a_single_row_is_judged_as_too_small_to_tell() -> None:
    # When
    judged = judge_labels(["negative"], ["positive"], ["negative"], trained_on={"negative": 2})

    # Then
    assert judged.verdict == "too_small_to_tell"
    assert judged.headline.startswith("1 test row is too few to tell")
    assert judged.gate.sentence.endswith("at least 20 test rows, and there is 1.")
    assert judged.sentences[1].startswith("19 more test rows are needed")


def test_unparsed_answers_count_as_wrong_and_are_warned_of() -> None:
    # When
    judged = judge_labels(HALVES, ["?"] * 200, ["!"] * 200)

    # Then
    assert judged.base.metrics["accuracy"].value == judged.tuned.metrics["accuracy"].value == 0
    assert judged.tuned.unparsed == 200
    assert judged.verdict == "no_difference"
    assert "100.0% of the tuned model's answers name no label" in about(
        judged.warnings, "tuned model's answers name"
    )


def test_the_gate_needs_an_interval_above_min_gain() -> None:
    # Given
    base = ["?"] * 30 + HALVES[30:]

    # When
    modest = judge_labels(HALVES, base, HALVES, recipe=gated(min_gain=0.2))

    # Then
    assert modest.verdict == "better"
    assert not modest.passed_gate
    assert "but not certainly by the 20 points that the recipe asks for" in modest.headline
    assert modest.gate.decision == "hold"
    assert "and the recipe asks for more than 20 points" in modest.gate.sentence
    assert judge_labels(HALVES, base, HALVES, recipe=gated(min_gain=0.05)).passed_gate


def test_a_higher_confidence_needs_more_evidence() -> None:
    # Given
    base = ["?"] * 7 + HALVES[7:]

    # Then
    assert judge_labels(HALVES, base, HALVES, recipe=gated(confidence=0.95)).verdict == "better"

    # When
    strict = judge_labels(HALVES, base, HALVES, recipe=gated(confidence=0.999))

    # Then
    assert strict.verdict != "better"
    assert "99.9% confidence" in strict.sentences[0]


def test_the_gate_may_use_macro_f1() -> None:
    # Given
    golds = ["negative"] * 180 + ["positive"] * 20

    # When
    judged = judge_labels(golds, ["negative"] * 200, golds, recipe=gated(metric="macro_f1"))

    # Then
    assert judged.primary_metric == "macro_f1"
    assert judged.comparisons[0].test == "sign permutation test"
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
        # Given
        half = [text.split(" is ")[0] for text in self.long]

        # When
        judged = judge_texts(self.long, ["nothing"] * 60, half)

        # Then
        assert judged.primary_metric == "token_f1"
        assert judged.verdict == "better"
        assert judged.tuned.metrics["exact_match"].value == 0
        assert 0.5 < judged.tuned.metrics["token_f1"].value < 0.9
        assert judged.confusion is None
        assert judged.tuned.labels == {}

    def test_short_answers_are_right_or_wrong(self) -> None:
        # Given
        golds = [str(n) for n in range(60)]

        # When
        judged = judge_texts(golds, ["I do not know"] * 60, golds)

        # Then
        assert judged.primary_metric == "exact_match"
        assert "100.0% of answers exactly right against 0.0%" in judged.headline

    def test_the_most_frequent_training_answer_is_the_baseline_if_there_is_one(self) -> None:
        # Given
        train = [row(n, f"trained {n}", answer) for n, answer in enumerate(["no", "no", "yes"])]

        # When
        judged = judge_texts(["no", "yes"] * 30, ["?"] * 60, ["no"] * 60, train=train)

        # Then
        assert judged.baselines[0].name == "always “no”"
        assert judged.baselines[0].value.value == 0.5
        without = judge_texts(["no"], ["?"], ["no"], train=train[1:])
        assert {each.kind for each in without.baselines} == {"nearest"}


class TestTheBaselines:
    """A tuned model must beat more than the base model."""

    train = tuple(
        row(number, f"how do I return item {number}", f"see policy {number}")
        for number in range(60)
    )

    def test_copying_the_nearest_training_row_qualifies_the_headline(self) -> None:
        # Given test rows that resemble one training row each
        rows = [
            row(100 + each.row, f"please, how may we return item {each.row}", each.answer)
            for each in self.train
        ]
        golds = [each.answer for each in rows]

        # When
        judged = judge(
            dataset_of("generation"),
            rows,
            answers_of(["I do not know"] * 60, golds),
            Recipe(),
            self.train,
        )

        # Then
        assert judged.verdict == "better"
        assert "not clearly better than copying the answer of the most similar training row" in (
            judged.headline
        )
        assert judged.gate.decision == "hold"
        assert not judged.passed_gate

    def test_a_baseline_without_a_model_that_wins_rejects_the_model(self) -> None:
        # Given
        golds = ["negative"] * 160 + ["positive"] * 40
        tuned = ["negative"] * 80 + ["positive"] * 120

        # When
        judged = judge_labels(golds, ["?"] * 200, tuned, trained_on={"negative": 9})

        # Then
        assert judged.gate.decision == "reject"
        assert "always answering “negative” reaches 80.0%, more than" in judged.gate.sentence


def test_a_gain_by_format_alone_qualifies_the_headline() -> None:
    # Given 100 answers without a label, and 100 in form that are equally good
    base = ["?"] * 100 + HALVES[:100]

    # When
    judged = judge_labels(HALVES, base, HALVES)

    # Then
    assert judged.verdict == "better"
    assert "but not clearly where both answered in form" in judged.headline
    assert "but not clearly where both answered in form" in judged.gate.sentence
    assert "On the 100 rows that both models answered in form" in about(
        judged.sentences, "answered in form"
    )


def test_worse_answers_in_form_are_told_as_worse() -> None:
    # Given a base model that often says nothing, and is right wherever it answers in form
    rows = ["good", "bad"] * 100
    base = [gold if at % 4 == 0 else "?" for at, gold in enumerate(rows)]
    tuned = ["bad" if at % 8 == 0 else gold for at, gold in enumerate(rows)]

    # When
    judged = judge_labels(rows, base, tuned)

    # Then headline and gate say so alike
    assert judged.verdict == "better"
    assert ", but worse where both answered in form" in judged.headline
    assert ", but worse where both answered in form" in judged.gate.sentence


def test_answers_cut_off_do_not_count_as_in_form() -> None:
    # Given
    rows, said = rows_of(HALVES), [Answer(label) for label in HALVES]
    cut = [Answer("I think that", finish_reason="length")] * 60 + said[60:]

    # When
    judged = judge(
        dataset_of("classification", SENTIMENTS), rows, Answers(base=cut, tuned=said), Recipe()
    )

    # Then
    assert judged.in_form is not None
    assert judged.in_form.difference.n == 140


class TestCautions:
    """Known reasons for misleading figures are counted and warned of."""

    def test_test_rows_that_are_also_training_rows_are_warned_of(self) -> None:
        # Given
        train = [row(1, "  Question 3!", "negative"), row(2, "another question", "positive")]

        # When
        judged = judge_labels(HALVES, HALVES, HALVES, train=train)

        # Then
        said = about(judged.warnings, "training row")
        assert "1 of the 200 test rows asks the same as a training row, or nearly the same" in said
        assert "(row 3)" in said
        assert "On the other 199 rows the tuned model reaches 100.0%" in said

    def test_a_base_model_without_examples_in_its_prompt_is_told(self) -> None:
        # Given
        train = [row(1, "another question", "negative"), row(2, "a third one", "positive")]

        # When
        without = judge_labels(HALVES, HALVES, HALVES, train=train)
        never_asked = judge_labels(HALVES, HALVES, HALVES)

        # Then
        said = about(without.warnings, "examples")
        assert "none fits beside the longest test row into hyperparameters.max_length" in said
        assert not [text for text in never_asked.warnings if "examples" in text]

    def test_test_rows_that_are_nearly_training_rows_are_warned_of(self) -> None:
        # Given a training row that differs in one of 20 words
        asked = "why is the river that runs through this old town so much lower in the late summer"
        test = [row(1, f"{asked} of 2024", "dry"), *rows_of(["wet"] * 30)[1:]]

        # When
        judged = judge(
            dataset_of("generation"),
            test,
            answers_of(["?"] * 30, ["dry"] * 30),
            Recipe(),
            [row(1, f"{asked} of 2023", "dry"), row(2, "another question", "wet")],
        )

        # Then
        assert "1 of the 30 test rows asks the same" in about(judged.warnings, "training row")

    def test_answers_cut_at_max_tokens_are_counted_and_warned_of(self) -> None:
        # Given
        rows, said = rows_of(HALVES), [Answer(label) for label in HALVES]
        cut = [Answer("I think that", finish_reason="length"), *said[1:]]
        dataset = dataset_of("classification", SENTIMENTS)

        # When
        judged = judge(dataset, rows, Answers(base=cut, tuned=said), Recipe())

        # Then
        assert judged.base.truncated == 1
        assert "1 of the base model's 200 answers was cut" in about(judged.warnings, "cut at")

    def test_right_answers_longer_than_max_tokens_are_warned_of(self) -> None:
        # Given
        golds = ["short"] * 30 + ["word " * 40]

        # When
        judged = judge_texts(
            golds, golds, golds, recipe=Recipe(generation=Generation(max_tokens=24))
        )

        # Then
        assert "1 right answer is probably longer than generation.max_tokens = 24" in about(
            judged.warnings, "longer than"
        )

    def test_empty_right_answers_are_warned_of(self) -> None:
        # When
        judged = judge_texts(["", " ", "yes"], ["no"] * 3, [""] * 3)

        # Then
        assert "2 test rows have an empty right answer" in about(judged.warnings, "empty")

    def test_a_test_set_with_one_label_is_warned_of(self) -> None:
        # When
        judged = judge_labels(["neutral"] * 50, ["?"] * 50, ["neutral"] * 50)

        # Then
        assert "same label, “neutral”" in about(judged.warnings, "Every test row")

    def test_a_model_that_always_gives_the_same_answer_is_warned_of(self) -> None:
        # When
        judged = judge_labels(HALVES, HALVES, ["positive"] * 200)

        # Then
        assert "same answer to every row" in about(judged.warnings, "not learned")

    def test_a_clean_evaluation_has_no_warnings(self) -> None:
        # Given
        golds, base, tuned = the_tweets()

        # Then
        assert judge_labels(golds, base, tuned, trained_on=TRAINED_ON).warnings == []


def test_the_example_question_has_the_system_prompt_of_all_rows() -> None:
    # When
    judged = judge_labels(HALVES, HALVES, HALVES)

    # Then
    assert judged.example.messages == [
        Message("system", SYSTEM),
        Message("user", "YOUR TEXT HERE"),
    ]


def test_time_and_tokens_of_all_answers_are_summed() -> None:
    # When
    judged = judge_labels(["negative"] * 3, ["a"] * 3, ["b"] * 3)

    # Then
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
def test_any_answers_are_judged_with_consistent_figures(
    said: list[tuple[str, str, str]], task: str
) -> None:
    # Given
    golds, base, tuned = (list(column) for column in zip(*said, strict=True))
    judging = judge_labels if task == "classification" else judge_texts

    # When
    judged = judging(golds, base, tuned)

    # Then
    for each in judged.comparisons:
        assert each.wins + each.losses + each.ties == len(said)
        apart = each.difference.low > 0 or each.difference.high < 0
        assert apart == (each.p_value < 0.05)
        assert each.difference.low <= each.difference.high
        assert 0 < each.p_value <= 1
    assert judged.verdict != "better" or judged.comparisons[0].difference.low > 0


def test_more_answers_than_rows_raise_a_value_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge(dataset_of("generation"), rows_of(["a"]), answers_of(["a", "b"], ["a"]), Recipe())
