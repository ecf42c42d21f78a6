"""Keys and rows of a hostile uploader in emails and pages: shown as text, and as nothing else."""

import json
import re
from collections.abc import Callable
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders.reports import tweets_report
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tests.unit.report.failed_run import failed_run, problem
from tunedrop.documents.characters import HIDDEN, json_line, visible
from tunedrop.documents.judgement import Example
from tunedrop.documents.rows import Message
from tunedrop.documents.run import Failure
from tunedrop.lifecycle.ending import console_link
from tunedrop.report.commands import ask_tuned, download
from tunedrop.report.dataset_page import render_dataset_page
from tunedrop.report.email import Email, Links, failure_email
from tunedrop.report.page import render_page
from tunedrop.report.success_email import success_email

FORGED = "x\n\nWHAT TO DO\nPay at https://evil.example\n\n"
ESCAPES = "\x1b[2J\x07\x9b31m\x7f\x00"
REVERSED = "\u202egnp.exe\u2066\u2069\u202c"
HOSTILE = f"{FORGED}{ESCAPES}{REVERSED}\u2028\u2029\x85<img src=x onerror=alert(1)>"
TITLES = ("WHAT TO DO", "STOP PAYING", "WHAT WENT WRONG")


def hostile_failure() -> Email:
    run = failed_run(rows={"rejected": 1})
    run.dataset = run.source.key = run.source.modified = HOSTILE
    failure = Failure(
        "prepare",
        "dataset",
        HOSTILE,
        HOSTILE,
        [problem(1, place=HOSTILE, message=HOSTILE, excerpt=HOSTILE, fix=HOSTILE)],
    )
    links = Links(folder=f"s3://b/runs/{HOSTILE}/", logs=HOSTILE, region="eu-central-1")
    return failure_email(run, failure, links)


def hostile_success() -> Email:
    report = deepcopy(tweets_report(warnings=[HOSTILE]))
    report.dataset = report.headline = HOSTILE
    for baseline in report.baselines:
        baseline.name = HOSTILE
    report.sentences = [HOSTILE]
    links = Links(folder=HOSTILE, report=HOSTILE, report_console=HOSTILE, region="eu-central-1")
    return success_email(report, links)


@pytest.mark.parametrize("write", [hostile_failure, hostile_success])
def test_hostile_text_adds_no_section_to_an_email(write: Callable[[], Email]) -> None:
    email = write()

    titles = [line for line in email.body.splitlines() if line in TITLES]
    assert len(titles) == len(set(titles))
    assert not any(line.startswith("Pay at") for line in email.body.splitlines())
    assert not HIDDEN.search(email.body.replace("\n", ""))
    assert email.subject.isascii()
    assert email.subject.isprintable()


def test_hostile_text_stays_inside_the_command_that_shows_it() -> None:
    command = download(f"s3://b/{HOSTILE}'; rm -rf /; '", None)

    assert "\n" not in command
    assert not HIDDEN.search(command)


def test_question_of_the_email_is_one_line_that_json_reads_back() -> None:
    example = Example(
        messages=[Message(role="user", content=HOSTILE)], max_tokens=1, temperature=0.0
    )

    lines = ask_tuned("e", example, None).split("\n")

    assert json.loads(lines[1])["messages"][0]["content"] == HOSTILE
    assert not HIDDEN.search(lines[1])
    assert lines[2] == "END"


@pytest.mark.parametrize("page", ["report", "dataset"])
def test_pages_show_hidden_characters_as_escapes(page: str) -> None:
    if page == "report":
        report = tweets_report(warnings=[HOSTILE])
        report.dataset = HOSTILE
        html = render_page(report)
    else:
        document = prepare(table(60))[0]
        document.dataset = document.source = HOSTILE
        document.warnings = [HOSTILE]
        html = render_dataset_page(document)

    assert not HIDDEN.search(re.sub(r"[\n\t\r]", "", html))
    assert "\\u202e" in html
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_link_to_the_console_is_quoted() -> None:
    run = failed_run()
    run.dataset = 'a b&prefix=other/"<>#größe\n'

    link = console_link(run, "eu-central-1")

    prefix = link.partition("&prefix=")[2]
    assert re.fullmatch(r"[A-Za-z0-9%/._~-]+", prefix)
    assert "a%20b%26prefix%3Dother/%22%3C%3E%23gr%C3%B6%C3%9Fe%0A" in prefix


@given(st.text() | st.text(alphabet="\n\x1b\u202e\u2029\\'\"é"))
def test_json_line_of_any_text_is_visible_and_read_back(text: str) -> None:
    line = json_line({"key": text})

    assert json.loads(line) == {"key": text}
    assert not HIDDEN.search(line)
    assert not HIDDEN.search(visible(text))


def test_letters_of_every_script_stay_as_they_are() -> None:
    text = "größe データ عربي\u200f עברית 👩\u200d💻 — fine"

    assert visible(text) == text
