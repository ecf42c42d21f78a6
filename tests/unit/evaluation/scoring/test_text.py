"""Exact match and token F1 follow the SQuAD 2.0 evaluation script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.evaluation.scoring.text import exact_match, token_f1


@pytest.mark.parametrize(
    ("prediction", "gold"),
    [
        ("The Eiffel Tower.", "eiffel tower"),
        ("  an   apple ", "Apple"),
        ("“Yes”".replace("“", '"').replace("”", '"'), "yes"),
        ("", ""),
        ("...", ""),
    ],
)
def test_case_punctuation_articles_and_spacing_are_ignored(prediction: str, gold: str) -> None:
    assert exact_match(prediction, gold) == 1.0
    assert token_f1(prediction, gold) == 1.0


@pytest.mark.parametrize(
    ("prediction", "gold", "f1"),
    [
        ("in Paris, France", "Paris", 0.5),  # precision 1/3, recall 1
        ("Paris", "in Paris, France", 0.5),
        ("cat cat", "cat", 2 / 3),  # a repeated word counts each time
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("cat", "", 0.0),
        ("北京市", "北京", 0.8),  # characters are words: precision 2/3, recall 1
    ],
)
def test_token_f1_is_the_harmonic_mean_over_words(prediction: str, gold: str, f1: float) -> None:
    assert token_f1(prediction, gold) == pytest.approx(f1)
    assert exact_match(prediction, gold) == 0.0


@given(st.text(), st.text())
def test_the_score_of_two_texts_does_not_depend_on_their_order(a: str, b: str) -> None:
    assert 0.0 <= token_f1(a, b) == token_f1(b, a) <= 1.0
    assert token_f1(a, a) == exact_match(a, a) == 1.0
