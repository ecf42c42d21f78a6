"""Preferences, judged answers and running text are judged by the likelihoods of the test rows."""

from collections.abc import Sequence
from math import exp

import pytest

from tests.support.builders.evaluations import dataset_of, gated
from tests.support.builders.likelihoods import ROWS, answers_with, judged, noise, rows_for
from tunedrop.documents.answers import Answers
from tunedrop.documents.dataset import Task
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Recipe


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def test_preference_is_judged_by_the_margin_a_token() -> None:
    # Given a tuned model that makes the better answers likelier, and the worse ones less
    base = answers_with(better := noise(1, -2.0), worse := noise(2, -2.0))
    tuned = answers_with(better_then := noise(3, -1.5), worse_then := noise(4, -2.5))

    # When
    found = judged("preference", base, tuned)

    # Then
    gap = found.comparisons[0].difference
    assert found.base.metrics["likelihood_margin"].value == pytest.approx(
        mean(better) - mean(worse)
    )
    assert found.tuned.metrics["likelihood_margin"].value == pytest.approx(
        mean(better_then) - mean(worse_then)
    )
    assert 0 < gap.low < gap.value < gap.high
    assert (found.verdict, found.passed_gate, found.gate.decision) == ("better", True, "ship")
    assert found.tuned.metrics["preferred"].value > found.base.metrics["preferred"].value
    assert found.metrics["likelihood_margin"].scale == "nats"
    assert "a likelihood margin of +0.9" in found.headline
    assert " nats a token; with 95% confidence the true one lies between +" in found.sentences[0]


def test_judged_answers_are_judged_by_good_minus_bad_ones() -> None:
    # Given a tuned model that makes good answers likelier and bad ones less likely
    rows = rows_for("kto")
    base_values = noise(1, -2.0)
    tuned_values = [
        value + (0.6 if row.good else -0.6) for row, value in zip(rows, noise(2, -2.0), strict=True)
    ]

    # When
    found = judged("kto", answers_with(base_values), answers_with(tuned_values))

    # Then the value is the mean of the good ones minus that of the bad ones
    good = [value for row, value in zip(rows, tuned_values, strict=True) if row.good]
    bad = [value for row, value in zip(rows, tuned_values, strict=True) if not row.good]
    assert found.tuned.metrics["judged_margin"].value == pytest.approx(mean(good) - mean(bad))
    assert found.verdict == "better"


def test_text_is_judged_by_the_perplexity_of_all_its_tokens() -> None:
    # Given texts of different lengths
    base = [
        *answers_with(noise(1, -3.0, rows=20), tokens=10),
        *answers_with(noise(2, -3.0, rows=20), tokens=30),
    ]
    tuned_values = noise(3, -2.0)
    tuned = [
        *answers_with(tuned_values[:20], tokens=10),
        *answers_with(tuned_values[20:], tokens=30),
    ]

    # When
    found = judged("pretraining", base, tuned)

    # Then long texts weigh as much as their tokens, and the words tell the perplexity
    likelihood = (mean(tuned_values[:20]) * 10 + mean(tuned_values[20:]) * 30) / 40
    value = found.tuned.metrics["perplexity"]
    assert value.value == pytest.approx(likelihood)
    assert value.low < value.value < value.high
    assert f"a perplexity of {exp(-likelihood):.2f} against " in found.headline
    assert found.verdict == "better"
    assert found.sentences[0].startswith("The difference is \u2212")
    assert "% perplexity" in found.sentences[0]


@pytest.mark.parametrize("task", ["preference", "kto", "pretraining"])
def test_models_with_equal_likelihoods_make_no_difference(task: Task) -> None:
    # Given the same likelihoods, but for a little noise
    values, worse = noise(1, -2.0), noise(2, -2.0) if task == "preference" else []
    moved = [value + small for value, small in zip(values, noise(3, 0.0, 0.001), strict=True)]

    # When
    found = judged(task, answers_with(values, worse), answers_with(moved, worse))

    # Then
    assert (found.verdict, found.gate.decision) == ("no_difference", "reject")
    gap = found.comparisons[0].difference
    assert -0.05 < gap.low <= gap.high < 0.05


def test_interval_excludes_zero_exactly_when_the_test_does() -> None:
    # Given many differences, of which some are near the limit
    for seed in range(20):
        base = answers_with(noise(seed, -2.0, 0.5), noise(seed + 100, -2.0, 0.5))
        tuned = answers_with(noise(seed + 200, -1.8, 0.5), noise(seed + 300, -2.0, 0.5))
        found = judged("preference", base, tuned).comparisons[0]

        # Then
        apart = found.difference.low > 0 or found.difference.high < 0
        assert apart == (found.p_value < 0.05)


def test_gain_must_exceed_what_the_recipe_asks_for() -> None:
    # Given a gain of about half a nat a token
    base = answers_with(noise(1, -2.0), noise(2, -2.0))
    tuned = answers_with(noise(3, -1.5), noise(4, -2.0))

    # When the recipe asks for more
    found = judged("preference", base, tuned, gated(min_gain=0.9))

    # Then
    assert found.gate.decision == "hold"
    assert "the recipe asks for more than 0.9 nats a token" in found.gate.sentence


def test_no_baseline_without_a_model_is_scored_by_likelihood() -> None:
    found = judged("kto", answers_with(noise(1, -2.0)), answers_with(noise(2, -1.0)))

    assert found.baselines == []
    assert found.slices == []


def test_rows_of_one_judgement_only_are_told() -> None:
    # Given test rows of which all are good
    rows = rows_for("kto")
    for row in rows:
        row.good = True
    answers = Answers(base=answers_with(noise(1, -2.0)), tuned=answers_with(noise(2, -1.0)))

    # When
    found = judge(dataset_of("kto"), rows, answers, Recipe())

    # Then
    assert any(text.startswith("Every test row is judged good") for text in found.warnings)


def test_sample_rows_tell_the_likelihoods_in_words() -> None:
    base, tuned = (
        answers_with([-2.0] * ROWS, [-1.0] * ROWS),
        answers_with([-1.0] * ROWS, [-3.0] * ROWS),
    )

    sample = judged("preference", base, tuned).wins[0]

    assert sample.expected == "yes"
    assert sample.tuned == "better answer -1.000, worse answer -3.000 nats a token"
