"""Pages can be read: contrast in light and dark, headings in order, no empty table header.

The figures are those of WCAG 2.2 (1.4.3, level AA), which axe-core checks in a browser.
"""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.support.builders.reports import tweets_report
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.documents.choices import Choice
from tunedrop.report.dataset_page import render_dataset_page
from tunedrop.report.page import render_page
from tunedrop.report.template import TEMPLATES

LEAST_CONTRAST = 4.5
HEAT_SHADES = 11
Colour = tuple[float, float, float]


def schemes() -> list[dict[str, str]]:
    """Return the colours by name, of the light and of the dark scheme."""
    blocks = re.findall(r":root \{(.*?)\}", (TEMPLATES / "style.css").read_text(), re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): ([#\w ]+);", block)) for block in blocks]


def colour(text: str) -> Colour:
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def luminance(of: Colour) -> float:
    parts = [value / 255 for value in of]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_every_text_has_enough_contrast(scheme: dict[str, str]) -> None:
    # Given the text colours with the backgrounds on which they stand
    tones = ("good", "bad", "calm", "unsure")
    pairs = [(text, back) for text in ("ink", "soft", "faint") for back in ("paper", "card")]
    pairs += [(text, f"{tone}-bg") for text in ("ink", "soft") for tone in tones]
    pairs += [(tone, f"{tone}-bg") for tone in tones]

    # When
    low = {
        pair: round(found, 2)
        for pair in pairs
        if (found := contrast(colour(scheme[pair[0]]), colour(scheme[pair[1]]))) < LEAST_CONTRAST
    }

    # Then
    assert low == {}


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
def test_figures_of_the_confusion_matrix_have_enough_contrast(scheme: dict[str, str]) -> None:
    # Given
    page = render_page(tweets_report())
    shades = [float(a) for a in re.findall(r"rgb\(var\(--heat\) / ([\d.]+)\)", page)]
    heat = [float(part) for part in scheme["heat"].split()]
    card = colour(scheme["card"])

    # When
    contrasts = []
    for alpha in shades:
        red, green, blue = (
            mine * alpha + under * (1 - alpha) for mine, under in zip(heat, card, strict=True)
        )
        contrasts.append(contrast(colour(scheme["ink"]), (red, green, blue)))

    # Then
    assert len(shades) == HEAT_SHADES
    assert min(contrasts) >= LEAST_CONTRAST


class Outline(HTMLParser):
    """The levels of a page's headings, and the texts of its table headers."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.headers: list[str] = []
        self._in_header = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "th":
            self.headers.append("")
            self._in_header = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "th":
            self._in_header = False

    def handle_data(self, data: str) -> None:
        if self._in_header:
            self.headers[-1] += data


@pytest.mark.parametrize("page", ["report", "dataset"])
def test_headings_skip_no_level_and_no_table_header_is_empty(page: str) -> None:
    # Given
    report = tweets_report(warnings=["Only 20 test rows."])
    dataset, _ = prepare(table(60) + "only text\nsentence 3 by jo@example.com,bad\n")
    html = render_page(report) if page == "report" else render_dataset_page(dataset)

    # When
    outline = Outline(html)

    # Then
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(outline.levels))
    assert all(header.strip() for header in outline.headers)


@pytest.mark.parametrize("page", ["report", "dataset"])
def test_every_table_can_be_scrolled_with_the_keyboard(page: str) -> None:
    # Given
    document = prepare(table(60) + "only text\n")[0]
    document.hyperparameters = [Choice("scheduler", "cosine", "the rate falls to zero")]

    # When
    html = render_page(tweets_report()) if page == "report" else render_dataset_page(document)

    # Then: a table that is wider than a phone's screen scrolls inside its box
    boxes = re.findall(r'<div class="table"[^>]*>', html)
    assert boxes
    assert set(boxes) == {'<div class="table" tabindex="0">'}
