"""The report shows how many tokens were trained on, and how many preparation had estimated."""

from typing import Literal

import pytest

from tests.support.builders.reports import tweets_report
from tunedrop.documents.report import TokenCount
from tunedrop.lifecycle.reporting import token_warnings
from tunedrop.report.page import render_page, tokens_in_words


def test_the_report_shows_both_token_counts_and_their_difference() -> None:
    assert tokens_in_words(TokenCount(412_331, 409_900, "tokenizer")) == (
        "412,331 tokens; preparation had measured 409,900 (\N{MINUS SIGN}0.6%) with the model's "
        "tokenizer"
    )
    assert tokens_in_words(TokenCount(400_000, 420_000, "characters")) == (
        "400,000 tokens; preparation had estimated 420,000 (+5.0%) by characters"
    )


@pytest.mark.parametrize(
    ("method", "said", "warned"),
    [
        ("tokenizer", 951, False),
        ("tokenizer", 949, True),
        ("tokenizer", 1_049, False),
        ("tokenizer", 1_051, True),
        ("characters", 751, False),
        ("characters", 749, True),
        ("characters", 1_251, True),
    ],
)
def test_only_a_difference_beyond_the_methods_error_is_warned_of(
    method: Literal["tokenizer", "characters"], said: int, *, warned: bool
) -> None:
    assert bool(token_warnings(TokenCount(1_000, said, method))) is warned


def test_the_report_shows_token_counts_if_the_job_counted() -> None:
    # Given
    report = tweets_report()

    # Then
    assert "preparation had" not in render_page(report)
    report.tokens = TokenCount(41_210, 41_000, "tokenizer")
    assert "41,210 tokens; preparation had measured 41,000" in render_page(report)
