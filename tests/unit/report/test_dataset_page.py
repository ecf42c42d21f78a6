"""dataset.html shows all of dataset.json, escaped, in one file that loads nothing."""

import re

from tests.support.builders.runs import estimate_with
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tunedrop.dataset.checks.findings import ADVICE
from tunedrop.documents.choices import Choice
from tunedrop.evaluation.power import expected_power
from tunedrop.recipe.schema import Recipe
from tunedrop.report.dataset_page import CHECKS, render_dataset_page

HOSTILE = "<script>alert(1)</script>"


def page(extra: str = "") -> str:
    return render_dataset_page(prepare(table(60) + extra)[0])


def test_the_dataset_page_says_where_every_row_went() -> None:
    # When
    text = page("this is sentence number 3,bad\nonly text\n")

    # Then
    assert "48 rows to train on, 6 rows to test on" in text
    assert "Where 62 rows went" in text
    assert re.search(r"duplicates</td><td class=\"num\">1</td>", text)
    assert re.search(r"rejected</td><td class=\"num\">1</td>", text)


def test_the_dataset_page_begins_with_a_guess_and_shows_what_is_not_used() -> None:
    # Given a table whose columns are known by their contents alone
    lines = [f"a remark about thing number {n},{'ab'[n % 2]},Leipzig {n}" for n in range(60)]

    # When
    text = render_dataset_page(prepare("\n".join(["remark,mood_label,place", *lines]))[0])

    # Then
    assert "<b>A guess (probable).</b> Learns: mood_label from remark" in text
    assert text.index("A guess (probable)") < text.index("Where 60 rows went")
    assert re.search(r"<dt>Certainty</dt><dd[^>]*>probable</dd>", text)
    [unused] = re.findall(r"<tr>(?:(?!</tr>).)*Leipzig.*?</tr>", text, re.DOTALL)
    assert "place" in unused
    assert re.search(r"a remark about thing number \d+</", text)


def test_the_dataset_page_escapes_texts_and_loads_nothing() -> None:
    # When
    text = page(f"{HOSTILE} jo@example.com wrote this to me today,{HOSTILE}\n" * 2)

    # Then
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=|url\(", text)


def test_the_dataset_page_says_how_it_will_be_trained_before_the_cost() -> None:
    # Given
    document = prepare(table(60))[0]
    document.hyperparameters = [
        Choice("learning_rate", 1.3e-3, "Tinker's rule"),
        Choice("scheduler", "cosine", "the rate falls to zero by the last step"),
    ]

    # When
    text = render_dataset_page(document)

    # Then
    assert re.search(r"learning rate</td><td class=\"num\">0.0013</td><td>Tinker&#39;s rule<", text)
    assert re.search(r"scheduler</td><td class=\"num\">cosine</td>", text)
    assert text.index("How it will be trained") < text.index("What the training will cost")


def priced(budget: float) -> str:
    document = prepare(table(60))[0]
    document.estimate = estimate_with(budget_usd=budget)
    return render_dataset_page(document)


def test_the_dataset_page_shows_the_estimate_as_a_range_with_its_basis() -> None:
    # When
    text = priced(20.0)

    # Then
    assert "$0.11 to $3.40" in text
    assert "15 min to 2 h 30 min on ml.g6.2xlarge" in text
    assert "1,234 tokens, 3 times." in text
    assert "stopped after 6 h 0 min; the recipe&#39;s budget is $20.00" in text.replace(
        "'", "&#39;"
    )
    assert "no job is started" not in text


def test_the_dataset_page_of_a_run_over_budget_says_that_no_job_starts() -> None:
    # When
    text = priced(0.1)

    # Then
    assert "Not trained: over budget" in text
    assert "no job is started" in text


def test_the_dataset_page_without_a_base_model_has_no_estimate() -> None:
    assert "Not estimated yet: the base model was not in the bucket" in page()


def test_the_dataset_page_says_what_the_test_can_show() -> None:
    # Given
    document = prepare(table(60))[0]
    document.power = expected_power(document, Recipe())

    # When
    text = render_dataset_page(document)

    # Then
    assert "What the test can show" in text
    assert "The 6 test rows are too few for a verdict, which needs 20." in text
    assert "`split: {test: 0.34}`" in text


def test_a_finding_with_fewer_places_than_rows_is_not_called_shortened() -> None:
    # Given
    document = prepare(table(90, ("positive", "neutral")) + "one,positve\ntwo,positve\n")[0]

    # When
    text = render_dataset_page(document)

    # Then
    assert "Labels that may be misspelled: 2 rows" in text
    assert "positve (2): positive?" in text
    assert "The first 1 of 2" not in text


def test_every_finding_has_a_title() -> None:
    assert CHECKS.keys() == ADVICE.keys()
