"""report.html: one file, no script, everything escaped, the verdict first."""

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from tests.support.builders.evaluations import (
    answers_of,
    dataset_of,
    gated,
    judge_labels,
    judge_texts,
    row,
)
from tests.support.builders.reports import report_of, tweets_report
from tunedrop.documents.asking import ModelSpeed
from tunedrop.documents.judgement import Since
from tunedrop.evaluation.judging import judge
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page

HALVES = ["negative", "positive"] * 50
VOID = {"meta", "rect", "line", "circle", "polyline", "path", "br"}
EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The page as a browser reads it: elements, attributes, visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_self_contained(html: str) -> Page:
    """Check what holds for every report, whatever is in it."""
    page = Page(html)
    assert page.open == []  # every element is closed, in order
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base", "a"}
    for _, attributes in page.tags:
        assert not set(attributes) & {"src", "href", "style", "onerror", "onload", "onclick"}
    assert "url(" not in html
    assert "@import" not in html
    assert {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    } in page.all("meta")
    assert "nan" not in re.findall(r'[a-z]+="([^"]*)"', html)
    return page


def test_the_report_shows_the_verdict_first_and_then_the_evidence() -> None:
    # When
    page = assert_self_contained(render_page(tweets_report()))

    # Then
    places = [
        page.text.index(words)
        for words in (
            "Better",
            "The tuned model is better than the base model: 65.5% of answers right against 19.0%",
            "until 24 November 2026, 14:31 UTC",
            "Accuracy on 200 held-out rows",
            "+46.5 points",
            "97 tuned better",
            "The evidence",
            "Label by label",
            "Where the tuned model did better",
            "Where it did worse",
            "Loss during training",
            "Every row of the file",
            "$0.04",
            "s3://data/datasets/tweets/tweets.csv",
        )
    ]
    assert places == sorted(places)


def test_the_charts_show_the_figures() -> None:
    # When
    page = Page(render_page(tweets_report()))

    # Then
    labels = [svg.get("aria-label") for svg in page.all("svg")]
    assert "Tuned model: 65.5%, between 58.7% and 71.7%" in labels
    assert "Base model: 19.0%, between 14.2% and 25.0%" in labels
    assert "always “negative”: 52.0%, between 45.1% and 58.8%" in labels
    assert "Difference +46.5 points, between +38.9 and +53.8" in labels
    assert "97 wins, 99 ties, 4 losses" in labels
    widths = [rect.get("width") for rect in page.all("rect") if rect.get("class") == "fill"]
    assert widths == ["65.50%", "19.00%", "52.00%"]


def test_every_row_of_the_file_is_accounted_for() -> None:
    # When
    text = Page(render_page(tweets_report())).text

    # Then
    for words in ("in the file 1,000", "trained on 640", "rejected, see rejected.jsonl 50"):
        assert words in text


@pytest.mark.parametrize("place", ["prompt", "answer", "label", "warning"])
def test_markup_in_the_data_is_shown_as_text(place: str) -> None:
    # Given
    label = EVIL if place == "label" else "negative"
    said = EVIL if place == "answer" else label
    rows = [row(n, EVIL if place == "prompt" else f"q{n}", label) for n in range(30)]
    dataset = dataset_of("classification", [label, "other"], {label: 5})
    judged = judge(dataset, rows, answers_of(["?"] * 30, [said] * 30), Recipe())
    report = report_of(judged, warnings=[EVIL] if place == "warning" else [])

    # When
    page = assert_self_contained(render_page(report))

    # Then
    assert EVIL in page.text


def test_a_repeated_warning_is_shown_once() -> None:
    # Given
    report = tweets_report(warnings=["31 rows carry mojibake.", "31 rows carry mojibake."])

    # Then
    assert Page(render_page(report)).text.count("31 rows carry mojibake.") == 1


def test_a_report_without_warnings_has_no_box_for_them() -> None:
    assert "Read these figures with care" not in render_page(tweets_report())


def test_the_report_of_a_deleted_endpoint_says_that_it_costs_nothing() -> None:
    # When
    text = Page(render_page(tweets_report(kept=False))).text

    # Then
    assert "causes no further costs" in text
    assert "The tuned model answers on the endpoint" not in text


def test_only_a_gain_without_reservations_is_green() -> None:
    # Given
    golds = ["negative"] * 60 + ["positive"] * 40
    no_better_than_trivial = judge_labels(
        golds, ["?"] * 100, ["negative"] * 100, trained_on={"negative": 9}
    )

    # When
    below_the_gate = judge_labels(
        HALVES, ["?"] * 20 + HALVES[20:], HALVES, recipe=gated(min_gain=0.4)
    )

    # Then
    by_form = judge_labels(HALVES, ["?"] * 50 + HALVES[50:], HALVES)
    for judged, words in (
        (by_form, "Better in the form of its answers"),
        (no_better_than_trivial, "Better than the base model only"),
        (below_the_gate, "Better, but below the recipe's gate"),
    ):
        page = assert_self_contained(render_page(report_of(judged)))
        assert words in page.text
        assert {"class": "pill unsure"} in page.all("span")
    assert {"class": "pill good"} in Page(render_page(tweets_report())).all("span")


@pytest.mark.parametrize(
    ("golds", "base", "tuned", "words"),
    [
        (["negative"], ["?"], ["negative"], "Too few rows to tell"),
        (HALVES, HALVES, HALVES, "No real difference"),
        (HALVES, ["?"] * 100, ["!"] * 100, "No real difference"),
        (HALVES, HALVES, [""] * 100, "Worse"),
    ],
    ids=["one row", "all ties", "all unparsed", "empty answers"],
)
def test_an_unusual_evaluation_still_makes_a_page(
    golds: list[str], base: list[str], tuned: list[str], words: str
) -> None:
    # When
    page = assert_self_contained(render_page(report_of(judge_labels(golds, base, tuned))))

    # Then
    assert words in page.text


def test_free_text_has_no_labels_and_keeps_its_lines() -> None:
    # Given
    golds = [f"line one\nline two of answer number {n} in this set" for n in range(30)]
    judged = judge_texts(golds, ["?"] * 30, golds)
    html = render_page(report_of(judged))

    # When
    page = assert_self_contained(html)

    # Then
    assert "Label by label" not in page.text
    assert "Token F1 on 30 held-out rows" in page.text
    assert "line one\nline two" in html


def test_a_report_without_curve_cost_or_packages_still_has_a_page() -> None:
    # Given
    report = tweets_report()
    report.curve, report.training = [], {}
    report.lineage.packages, report.lineage.seeds = {}, {}
    report.cost.training_usd = report.cost.estimated_usd = report.cost.billable_seconds = None
    report.cost.instance = report.asking = None

    # When
    page = assert_self_contained(render_page(report))

    # Then
    assert "Loss during training" not in page.text
    assert "unknown for the training job" in page.text


def test_the_page_tells_how_each_model_answered_and_what_that_costs() -> None:
    # Given
    report = tweets_report()
    assert report.asking
    report.asking = replace(
        report.asking,
        seconds=3600.0,
        models={"tuned": ModelSpeed(200, 0.25, 1.5, 40.5, 190, 10, 0.5)},
        instance="ml.g6.xlarge",
        hourly_usd=1.1267,
    )

    # When
    page = render_page(report)

    # Then
    table = page.partition("How the models answered")[2].partition("</table>")[0]
    words = " ".join(re.sub("<[^>]+>", " ", table).split())
    for words_of_a_line in (
        "An answer takes, median 0.25 s",
        "95% of answers within 1.50 s",
        "Tokens a second of one answer 40.5",
        "Ended by themselves 95.0%",
        "Cut at max_tokens 5.0%",
        "1,000 answers cost $2.82",
    ):
        assert words_of_a_line in words
    assert "ml.g6.xlarge at $1.13 an hour" in page
    assert "without one, the base model may answer up to twice as fast" in page


def test_a_report_of_an_earlier_version_without_speed_has_its_page() -> None:
    # Given
    report = tweets_report()
    assert report.asking
    report.asking = replace(report.asking, models={})

    # Then
    assert "How the models answered" not in render_page(report)


def test_a_report_of_500_long_rows_is_smaller_than_a_megabyte() -> None:
    # Given 500 rows of long texts with 60 labels, and letters that take several bytes
    golds = [f"label {n % 60} " + "ü" * 60 for n in range(500)]
    long = "<script>" + "\u4e16\u754c&" * 2_000
    rows = [row(n, f"{long}{n}", gold) for n, gold in enumerate(golds, start=1)]
    answers = answers_of([f"{gold}{long}" for gold in golds], golds)

    # When
    judged = judge(dataset_of("classification", golds[:60]), rows, answers, Recipe())
    html = render_page(report_of(judged))

    # Then
    assert len(html.encode()) < 1_000_000
    assert_self_contained(html)


def test_the_page_links_to_the_run_before() -> None:
    # Given
    told = Since(run="0123456789ab", sentence="On the 30 test rows that both have: +3.0 points.")

    # When
    html = render_page(replace(tweets_report(), since=told))

    # Then
    assert told.sentence in html
    assert '<a href="../../0123456789ab/report/report.html">' in html
    assert "Since the run before" not in render_page(tweets_report())
