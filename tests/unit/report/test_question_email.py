"""The emails before any training: the question, and the end after the preparation."""

from tests.support.builders.tables import table
from tests.support.pipeline.preparation import prepare
from tests.unit.report.failed_run import failed_run
from tunedrop.documents.dataset import ShownRow, ShownText, UnusedColumn
from tunedrop.documents.question import Question, Reading
from tunedrop.report.email import Links
from tunedrop.report.question_email import prepared_email, question_email

LINKS = Links(
    folder="s3://data/runs/tweets/9f3a61c2d04e/",
    recipe="s3://data/datasets/tweets/recipe.yaml",
    region="eu-central-1",
)
HOSTILE = "\x1b[31mred\u202e\nBcc: all@example.com " + "x" * 5_000


def question(text: str = "Braund, Mr. Owen", column: str = "Name") -> Question:
    """Return a question with two readings."""
    rows = [ShownRow(n, [ShownText("prompt", text), ShownText("label", "male")]) for n in (1, 2)]
    recipe = f"columns:\n  text: {column}\n  label: Sex"
    readings = [Reading(f"{label} from {column}", "Why.", recipe, rows) for label in ("Sex", "Age")]
    return Question("Sex and Age could each be the label.", readings, [UnusedColumn("Fare", text)])


def test_a_question_says_until_when_the_run_waits_and_that_it_is_free() -> None:
    # When
    email = question_email(failed_run(answer_until="2026-12-07T14:01:09+00:00"), question(), LINKS)

    # Then
    text = " ".join(email.body.split())
    assert email.subject == "tweets: how is tweets.csv to be read?"
    assert "Nothing is trained and nothing costs money until then." in text
    assert "The run waits until 7 December 2026, 14:01 UTC." in text


def test_a_question_has_each_reading_with_its_rows_and_recipe() -> None:
    # When
    body = question_email(failed_run(), question(), LINKS).body

    # Then
    for at, label in enumerate(("Sex", "Age"), 1):
        part = body.split(f"READING {at}\n")[1]
        assert part.startswith(f"It learns {label} from Name. Why.\n\nrow 1     prompt    Braund")
        assert f"recipe.yaml for reading {at}:\n\ncolumns:\n  text: Name\n  label: Sex\n" in part
    assert (
        "aws s3 cp --region eu-central-1 recipe.yaml s3://data/datasets/tweets/recipe.yaml" in body
    )
    assert "NOT USED BY READING 1\n- Fare: Braund, Mr. Owen" in body


def test_a_question_about_hostile_texts_is_fit_for_sns() -> None:
    # When
    email = question_email(failed_run(), question(text=HOSTILE), LINKS)

    # Then
    assert "\x1b" not in email.body
    assert "\u202e" not in email.body
    assert "\nBcc:" not in email.body
    assert len(email.body) < 10_000


def test_the_email_after_the_preparation_shows_rows_reading_and_price() -> None:
    # Given
    dataset, _ = prepare(table(60))

    # When
    email = prepared_email(failed_run(rows={"in": 60, "train": 48}), dataset, LINKS)

    # Then
    assert email.subject == "tweets: prepared, 48 rows to train on, nothing trained"
    assert "HOW THE FILE WAS READ\nLearns: label from text" in email.body
    assert "WHAT THE TRAINING WOULD COST\nNot known: the base model" in email.body
    assert "take stop_after out of recipe.yaml" in " ".join(email.body.split())
    assert email.body.count("\nrow ") == 3
