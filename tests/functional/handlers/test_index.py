"""runs/index.html lists every ended run of every dataset, with links that lead to its page."""

import re
from urllib.parse import unquote

import pytest

from tests.support.pipeline.drives import deployed
from tests.support.pipeline.stack import Stack

pytestmark = pytest.mark.usefixtures("base_model")


def test_the_index_lists_all_ended_runs_the_newest_first(stack: Stack, tweets: bytes) -> None:
    # Given a run that fails and a run that succeeds, of two datasets
    stack.drop("datasets/a <b> & ü/x.csv", b"text,label\nonly one row,a\n")
    failed = stack.prepare("datasets/a <b> & ü/x.csv")["run"]
    stack.call("report_failure", stack.event("s3_run_failed", key=f"{failed}/failure/1.json"))
    folder, name = deployed(stack, tweets)

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    page = stack.read("runs/index.html").decode()
    links = [unquote(link) for link in re.findall('href="([^"]+)"', page)]
    assert "2 runs of 2 datasets" in page
    assert set(links) == {
        f"{folder.removeprefix('runs/')}/report/report.html",
        f"{failed.removeprefix('runs/')}/run.json",
    }
    assert "<b>" not in page.partition("<main>")[2]
    assert "+100.0 points accuracy" in page
    assert '<span class="pill' in page
    assert "$" in page.partition("<tbody>")[2]
    head = stack.s3.head_object(Bucket=stack.run(folder).source.bucket, Key="runs/index.html")
    assert head["ContentType"].startswith("text/html")


def test_a_run_is_listed_once_however_often_it_is_settled(stack: Stack, tweets: bytes) -> None:
    # Given
    _, name = deployed(stack, tweets)
    event = stack.event("endpoint_in_service", endpoint=name)

    # When
    for _ in range(2):
        stack.call("evaluate", event)

    # Then
    assert "1 run of 1 dataset" in stack.read("runs/index.html").decode()
