"""The pages in a real browser: axe-core finds nothing, and nothing is wider than the screen.

`make pages` installs Chromium and axe-core from npm into .cache/pages. Without them the test is
skipped, unless TUNEDROP_PAGES=required, as in .ci/run.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.builders.evaluations import judge_labels, the_tweets
from tests.support.builders.likelihoods import judged_preferences
from tests.support.builders.reports import report_of
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.documents.index import IndexEntry
from tunedrop.report.dataset_page import render_dataset_page
from tunedrop.report.index_page import render_index_page
from tunedrop.report.page import render_page

ROOT = Path(__file__).parents[3]
INSTALLED = ROOT / ".cache" / "pages"
LONG = "a-very-long-name-without-any-gap-" * 4
SECONDS = 300.0


@pytest.fixture
def chromium() -> Path:
    """The folder with the program and its packages."""
    if (INSTALLED / "node_modules").is_dir() and shutil.which("node"):
        return INSTALLED
    reason = "no Chromium: run `make pages`, which needs Node.js and npm"
    if os.environ.get("TUNEDROP_PAGES") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def test_pages_have_no_finding_on_phone_desktop_dark_and_paper(
    chromium: Path, tmp_path: Path
) -> None:
    # Given the pages of every kind, with long words and markup in texts of users
    golds, base, tuned = the_tweets()
    base[:2] = [LONG, "<script>alert(1)</script>"]
    report = report_of(judge_labels(golds, base, tuned), warnings=["Only 20 rows."])
    dataset, _ = prepare(table(60) + "only text\nsentence 3 by jo@example.com,bad\n")
    entry = IndexEntry(
        dataset=LONG,
        run="r",
        folder="runs/a/r",
        status="failed",
        ended="2026-11-28T12:00:00+00:00",
        error="The file has one row.",
    )
    pages = {
        "report.html": render_page(report),
        "dataset.html": render_dataset_page(dataset),
        "preference.html": render_page(report_of(judged_preferences())),
        "too_few_rows.html": render_page(
            report_of(judge_labels(golds[:18], base[:18], tuned[:18]))
        ),
        "index.html": render_index_page([entry]),
    }
    for name, html in pages.items():
        (tmp_path / name).write_text(html)

    # When
    found = subprocess.run(
        ["node", chromium / "check.mjs", tmp_path],  # noqa: S607 - found on PATH by the fixture
        check=True,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    # Then
    looks = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(looks) == len(pages) * 3 * 2
    assert all(look["text"] > 100 for look in looks)
    bad = [look for look in looks if look["violations"] or look["overflow"] > 0 or look["console"]]
    assert bad == []
