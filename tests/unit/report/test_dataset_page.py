"""dataset.html: everything that dataset.json says, readable, escaped, and from one file."""

import re

from tests.unit.dataset.memory import prepare, table
from tunedrop.dataset.checks.findings import ADVICE
from tunedrop.report.dataset_page import CHECKS, render_dataset_page

HOSTILE = "<script>alert(1)</script>"


def page(extra: str = "") -> str:
    return render_dataset_page(prepare(table(60) + extra)[0])


def test_it_says_where_every_row_went() -> None:
    text = page("this is sentence number 3,bad\nonly text\n")
    assert "48 rows to learn from, 6 rows to test on" in text
    assert "Where 62 rows went" in text
    assert re.search(r"duplicates</td><td class=\"num\">1</td>", text)
    assert re.search(r"rejected</td><td class=\"num\">1</td>", text)


def test_what_people_wrote_is_escaped_and_nothing_is_loaded_from_elsewhere() -> None:
    text = page(f"{HOSTILE} jo@example.com wrote this to me today,{HOSTILE}\n" * 2)
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=|url\(", text)


def test_every_finding_has_a_title() -> None:
    assert CHECKS.keys() == ADVICE.keys()
