"""ROUGE-L and chrF are those of rouge-score 0.1.2 and sacrebleu 2.6.0 (computed once)."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.overlap import chrf, rouge_l

PAIRS = [
    ("the cat sat on the mat", "the cat is on the mat", 0.645779, 0.833333),
    (
        "Returns are free within 30 days.",
        "You may return any item within 30 days, free of charge.",
        0.370878,
        0.352941,
    ),
    ("yes", "no", 0.0, 0.0),
    ("Ein kurzer Satz", "Ein kurzer Satz", 1.0, 1.0),
    ("a", "abc", 0.384615, 0.0),
]


@pytest.mark.parametrize(("answer", "gold", "chrf_score", "rouge_score"), PAIRS)
def test_scores_are_those_of_the_reference_programs(
    answer: str, gold: str, chrf_score: float, rouge_score: float
) -> None:
    """`sentence_chrf(answer, [gold])` and `RougeScorer(["rougeL"]).score(gold, answer)`."""
    assert chrf(answer, gold) == pytest.approx(chrf_score, abs=1e-6)
    assert rouge_l(answer, gold) == pytest.approx(rouge_score, abs=1e-6)


def test_chinese_characters_are_words_of_their_own() -> None:
    assert rouge_l("我爱北京", "我爱上海") == pytest.approx(0.5)


def test_empty_texts_match_each_other_only() -> None:
    assert rouge_l("", " ") == chrf("", " ") == 1.0
    assert rouge_l("", "a") == chrf("a", "") == 0.0


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_the_common_subsequence_is_the_longest(one: list[str], other: list[str]) -> None:
    # Given every subsequence of the first text
    longest = max(
        size
        for size in range(len(one) + 1)
        for chosen in combinations(one, size)
        if is_within(chosen, other)
    )

    # Then
    expected = 2 * longest / (len(one) + len(other)) if one and other else float(one == other)
    assert rouge_l(" ".join(one), " ".join(other)) == pytest.approx(expected)


def is_within(part: tuple[str, ...], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(each in rest for each in part)
