"""Email and report of one run tell the same: one verdict, one p value a comparison."""

import re

import pytest

from tests.support.builders.evaluations import judge_labels
from tests.support.builders.reports import FOLDER, report_of
from tunedrop.documents.figures import p_value
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.report import Report
from tunedrop.report.email import Links
from tunedrop.report.page import render_page
from tunedrop.report.success_email import success_email

HALVES = ["negative", "positive"] * 100
OTHER = {"negative": "positive", "positive": "negative"}
KINDS = {
    "eighteen rows": (18, 0, 18),
    "five of five": (40, 35, 40),
    "a clear gain": (200, 60, 190),
    "a loss": (200, 190, 60),
    "no difference": (200, 150, 150),
}


def judged(rows: int, base_right: int, tuned_right: int) -> Judgement:
    """Judge models that are right on the first rows only."""
    golds = HALVES[:rows]
    base, tuned = (
        [gold if at < right else OTHER[gold] for at, gold in enumerate(golds)]
        for right in (base_right, tuned_right)
    )
    return judge_labels(golds, base, tuned, trained_on={"negative": 3})


def texts(report: Report) -> tuple[str, str]:
    """Return the email and the page as plain text."""
    page = re.sub(r"<style>.*?</style>|<[^>]+>", " ", render_page(report), flags=re.DOTALL)
    words = re.sub(r"\s+", " ", page.replace("&lt;", "<"))
    return success_email(report, Links(folder=FOLDER)).body, words


@pytest.mark.parametrize("kind", KINDS)
def test_every_p_value_that_is_shown_is_the_one_of_its_comparison(kind: str) -> None:
    # Given
    report = report_of(judged(*KINDS[kind]))
    known = {p_value(each.p_value) for each in report.comparisons}

    # When
    email, page = texts(report)

    # Then
    for text in (email, page):
        shown = set(re.findall(r"p [<=] [\d.]+(?:e-\d+)?", text))
        assert p_value(report.comparisons[0].p_value) in shown
        assert shown <= known


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_is_told_twice(kind: str) -> None:
    # Given
    report = report_of(judged(*KINDS[kind]))

    # When
    assert report.gate is not None
    told = [report.headline, report.gate.sentence, *report.sentences, *report.warnings]

    # Then
    sentences = [each for text in told for each in re.split(r"(?<=[.:;]) ", text)]
    assert len(sentences) == len(set(sentences))
    assert not re.search(r"\b1 (rows|answers|points are|groups)\b", " ".join(told))


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_verdict_speaks_of_better_worse_or_chance_ruled_out(kind: str) -> None:
    # Given
    report = report_of(judged(*KINDS[kind]))

    # When
    email, page = texts(report)

    # Then
    decided = report.verdict in {"better", "worse"}
    for text in (email, page, report.headline):
        for verdict in ("better", "worse"):
            said = f"is {verdict} than the base model" in " ".join(text.split())
            assert said == (report.verdict == verdict)
    for text in (email, page):
        assert ("unlikely by chance alone" in " ".join(text.split())) == decided
    apart = report.comparisons[0].difference.low > 0 or report.comparisons[0].difference.high < 0
    assert apart == decided or report.rows["test"] < 20 or kind == "eighteen rows"


def test_the_gate_stands_in_email_and_report() -> None:
    # Given
    report = report_of(judged(200, 60, 190))

    # When
    email, page = texts(report)

    # Then
    assert report.gate is not None
    assert report.gate.sentence in " ".join(email.split())
    assert report.gate.sentence in page
