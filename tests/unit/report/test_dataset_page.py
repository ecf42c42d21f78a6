"""dataset.html: everything that dataset.json says, readable, escaped, and from one file."""

import re

from tests.unit.dataset.memory import prepare, table
from tunedrop.dataset.checks.findings import ADVICE
from tunedrop.documents.run import CostEstimate
from tunedrop.report.dataset_page import CHECKS, render_dataset_page

HOSTILE = "<script>alert(1)</script>"


def page(extra: str = "") -> str:
    return render_dataset_page(prepare(table(60) + extra)[0])


def test_it_says_where_every_row_went() -> None:
    text = page("this is sentence number 3,bad\nonly text\n")
    assert "48 rows to train on, 6 rows to test on" in text
    assert "Where 62 rows went" in text
    assert re.search(r"duplicates</td><td class=\"num\">1</td>", text)
    assert re.search(r"rejected</td><td class=\"num\">1</td>", text)


def test_what_people_wrote_is_escaped_and_nothing_is_loaded_from_elsewhere() -> None:
    text = page(f"{HOSTILE} jo@example.com wrote this to me today,{HOSTILE}\n" * 2)
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=|url\(", text)


def priced(budget: float) -> str:
    document = prepare(table(60))[0]
    document.estimate = CostEstimate(
        low_usd=0.11,
        high_usd=3.4,
        low_hours=0.25,
        high_hours=2.5,
        cap_hours=6.0,
        instance="ml.g6.2xlarge",
        budget_usd=budget,
        basis="1,234 tokens, 3 times.",
    )
    return render_dataset_page(document)


def test_it_says_what_the_training_will_cost_as_a_range_and_why() -> None:
    text = priced(20.0)
    assert "$0.11 to $3.40" in text
    assert "15 min to 2 h 30 min on ml.g6.2xlarge" in text
    assert "1,234 tokens, 3 times." in text
    assert "stopped after 6 h 0 min; the recipe&#39;s budget is $20.00" in text.replace(
        "'", "&#39;"
    )
    assert "no job is started" not in text


def test_over_budget_it_says_that_nothing_is_trained() -> None:
    text = priced(0.1)
    assert "Not trained: over budget" in text
    assert "no job is started" in text


def test_without_the_base_model_it_says_that_nothing_is_estimated_yet() -> None:
    assert "Not estimated yet: the base model was not in the bucket" in page()


def test_a_finding_without_rows_of_its_own_is_not_said_to_be_cut() -> None:
    document = prepare(table(90, ("positive", "neutral")) + "one,positve\ntwo,positve\n")[0]
    text = render_dataset_page(document)
    assert "Labels that may be misspelled: 2 rows" in text
    assert "positve (2): positive?" in text
    assert "The first 1 of 2" not in text


def test_every_finding_has_a_title() -> None:
    assert CHECKS.keys() == ADVICE.keys()
