"""The emails: valid for SNS, the verdict first, and commands that can be pasted."""

import json
import shlex
from copy import deepcopy

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders.likelihoods import judged_preferences
from tests.support.builders.reports import ENDPOINT, FOLDER, report_of, tweets_report
from tests.unit.report.failed_run import failed_run, problem
from tunedrop.documents.run import ActualCost, Failure
from tunedrop.errors import Problem
from tunedrop.report import letter
from tunedrop.report.email import Email, Links, failure_email
from tunedrop.report.page import render_page
from tunedrop.report.success_email import success_email

LINKS = Links(
    folder=FOLDER,
    report=f"{FOLDER}report/report.html",
    report_console="https://eu-central-1.console.aws.amazon.com/s3/object/data",
    logs="/aws/sagemaker/TrainingJobs",
    region="eu-central-1",
)


def assert_fit_for_sns(email: Email) -> None:
    """Check the limits of https://docs.aws.amazon.com/sns/latest/api/API_Publish.html."""
    assert 0 < len(email.subject) < 100
    assert email.subject.isascii()
    assert email.subject.isprintable()
    assert email.subject[0].isalnum() or email.subject[0] in "\"'("
    assert len(email.body.encode()) < 256 * 1024


def section(email: Email, title: str) -> str:
    """Return the text below a title, up to the next empty line."""
    return email.body.split(f"{title}\n", 1)[1].split("\n\n", 1)[0]


def test_the_subject_says_how_the_run_ended() -> None:
    # When
    email = success_email(tweets_report(), LINKS)

    # Then
    assert_fit_for_sns(email)
    assert email.subject == "tweets: the tuned model is better, accuracy 19.0% -> 65.5%"


def test_the_subject_promises_no_more_than_the_headline() -> None:
    # Given a tuned model that does not clearly beat a baseline
    report = deepcopy(tweets_report())
    rival = next(each for each in report.comparisons if each.rival != "base")
    rival.difference.low = -0.01

    # When
    email = success_email(report, LINKS)

    # Then
    assert_fit_for_sns(email)
    assert email.subject.startswith("tweets: the tuned model is better than the base model only, ")


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("form", "better in the form of its answers, accuracy"),
        ("gate", "better, but below the recipe's gate, accuracy"),
    ],
)
def test_the_subject_tells_what_limits_a_gain(limit: str, words: str) -> None:
    # Given
    report = deepcopy(tweets_report())
    assert report.gate
    report.gate.by_form, report.passed_gate = limit == "form", limit != "gate"

    # When
    email = success_email(report, LINKS)

    # Then it promises no more than the page
    assert_fit_for_sns(email)
    assert words in email.subject


LEARNS = "Learns: reply from question (could also be: team from question); to change it: …"


def test_an_email_tells_how_the_file_was_read_and_begins_with_a_guess() -> None:
    # Given
    certain, guess = tweets_report(), tweets_report()
    certain.learns = guess.learns = LEARNS
    guess.certainty = "probable"

    # When
    told, begun = success_email(certain, LINKS).body, success_email(guess, LINKS).body

    # Then
    assert "HOW THE FILE WAS READ\nLearns: reply from question" in told
    assert begun.startswith("HOW THE FILE WAS READ\nThis is a guess (probable).")
    assert begun.count("Learns:") == told.count("Learns:") == 1
    assert LEARNS.split(" (", maxsplit=1)[0] in render_page(guess)


def test_the_verdict_comes_first_then_the_figures() -> None:
    # When
    lines = success_email(tweets_report(), LINKS).body.splitlines()

    # Then
    assert " ".join(lines[:2]).startswith("The tuned model is better than the base model: 65.5%")
    assert lines[3].startswith("Ship: with 95% confidence the gain lies between +38.9")
    assert lines[7].split() == ["Tuned", "model", "65.5%", "62.6%"]
    assert lines[8].split()[:3] == ["Base", "model", "19.0%"]
    assert lines[9].split()[:3] == ["always", "“negative”", "52.0%"]


def test_gains_in_different_units_have_their_unit_in_each_cell() -> None:
    # Given a margin in nats a token and a share of the rows
    report = report_of(judged_preferences())

    # When
    body = success_email(report, LINKS).body

    # Then
    gains = next(line for line in body.splitlines() if line.startswith("Gain"))
    assert " nats a token" in gains
    assert " points" in gains


def test_the_email_says_what_the_run_cost_and_where_the_report_is() -> None:
    # When
    email = success_email(tweets_report(), LINKS)

    # Then
    assert "$0.04 on ml.g6.2xlarge, billed for 1 min 56 s" in section(email, "WHAT IT COST")
    assert f"{FOLDER}report/report.html" in section(email, "THE WHOLE REPORT")


@pytest.mark.parametrize(("low", "words"), [(0.02, "$0.02 to $0.31"), (None, "up to $0.31")])
def test_the_estimate_is_a_range_if_its_low_end_is_known(low: float | None, words: str) -> None:
    # Given
    report = tweets_report()
    report.cost.estimated_low_usd = low

    # Then
    assert f"Estimated  {words}" in section(success_email(report, LINKS), "WHAT IT COST")
    assert f"the estimate was {words}<" in render_page(report)


def test_the_commands_ask_the_tuned_model_as_the_evaluation_did() -> None:
    # When
    commands = section(success_email(tweets_report(), LINKS), "ASK THE TUNED MODEL").splitlines()

    # Then
    question = json.loads(commands[1])
    assert (commands[0], commands[2]) == ("cat > question.json <<'END'", "END")
    assert question["model"] == "tuned"
    assert [turn["role"] for turn in question["messages"]] == ["system", "user"]
    assert question["max_tokens"] == 256
    command = shlex.split(" ".join(commands[3:6]).replace("\\", ""))
    assert command[:3] == ["aws", "sagemaker-runtime", "invoke-endpoint"]
    assert command[command.index("--endpoint-name") + 1] == ENDPOINT
    assert command[command.index("--body") + 1] == "fileb://question.json"
    assert command[command.index("--region") + 1] == "eu-central-1"


def test_the_email_says_when_the_endpoint_ends_and_how_to_delete_it() -> None:
    # When
    stop = section(success_email(tweets_report(), LINKS), "STOP PAYING")

    # Then
    assert "24 November 2026, 14:31 UTC" in stop
    assert f"aws sagemaker delete-endpoint --region eu-central-1 --endpoint-name {ENDPOINT}" in stop


def test_the_email_of_a_deleted_endpoint_has_no_command_to_call_it() -> None:
    # When
    email = success_email(tweets_report(kept=False), LINKS)

    # Then
    assert "invoke-endpoint" not in email.body
    assert "causes no further costs" in email.body


def test_the_email_lists_the_warnings() -> None:
    # When
    email = success_email(tweets_report(warnings=["31 rows carry mojibake."]), LINKS)

    # Then
    assert "- 31 rows carry mojibake." in section(email, "READ WITH CARE")


def test_the_failure_email_says_what_failed_where_and_what_to_do() -> None:
    # Given
    failure = Failure(
        "prepare", "dataset", "tweets.csv, line 3, is not UTF-8.", "Save it as UTF-8."
    )

    # When
    email = failure_email(failed_run(), failure, LINKS)

    # Then
    assert_fit_for_sns(email)
    assert email.subject == "tweets: failed in prepare: tweets.csv, line 3, is not UTF-8."
    assert email.body.startswith("The run for tweets.csv failed while the dataset was prepared")
    assert section(email, "WHAT WENT WRONG") == "tweets.csv, line 3, is not UTF-8."
    assert section(email, "WHAT TO DO") == "Save it as UTF-8."
    assert section(email, "WHAT STILL COSTS MONEY").startswith("Nothing: no training job")
    assert FOLDER in section(email, "WHERE TO LOOK")
    assert "rejected.jsonl" not in email.body


def dataset_failure(problems: list[Problem]) -> Email:
    failure = Failure("prepare", "dataset", "Too few rows.", "Correct the rows.", problems)
    return failure_email(failed_run(rows={"rejected": 9}), failure, LINKS)


def test_problems_are_listed_with_their_rows_an_example_and_a_fix() -> None:
    # When
    email = dataset_failure([problem(1_204), problem(1, meaning="with invalid JSON", excerpt="")])

    # Then
    assert_fit_for_sns(email)
    assert section(email, "THE COMMONEST PROBLEMS").splitlines() == [
        "1,204 rows with a missing or empty value",
        "    Example   line 1204 of tweets.csv: The column label is empty.",
        "    Content   what a lovely day,",
        "    To do     Fill the value in, or leave the row out.",
    ]
    assert "\n    1 row with invalid JSON\n    Example   line 1 of tweets.csv" in email.body
    assert email.body.count("    Content ") == 1


def test_at_most_ten_problems_are_listed_and_the_others_are_counted() -> None:
    # When
    body = dataset_failure([problem(rows) for rows in range(99, 86, -1)]).body

    # Then
    assert body.count("Example ") == 10
    assert "and 3 other problems." in body
    assert "other problem" not in dataset_failure([problem(1)] * 10).body


def test_the_list_of_problems_fits_the_width_of_an_email() -> None:
    # When
    email = dataset_failure([problem(7, excerpt="x" * 300, message="word " * 90)])

    # Then
    listed = email.body.partition("THE COMMONEST PROBLEMS")[2].partition("WHAT TO DO")[0]
    assert max(map(len, listed.splitlines())) <= 78


def test_the_failure_email_says_how_to_fetch_the_rejected_rows() -> None:
    # When
    todo = section(dataset_failure([problem(9)]), "WHAT TO DO")

    # Then
    assert todo.startswith("Correct the rows.\nOne file lists every rejected row")
    assert f"aws s3 cp --region eu-central-1 {FOLDER}dataset/rejected.jsonl ." in todo


def test_a_failure_of_an_older_version_still_makes_an_email() -> None:
    # Given
    written = b'{"stage": "prepare", "code": "dataset", "message": "Empty.", "remedy": "Fill it."}'
    failure = msgspec.json.decode(written, type=Failure)

    # When
    body = failure_email(failed_run(), failure, LINKS).body

    # Then
    assert "COMMONEST PROBLEMS" not in body
    assert "Fill it." in body


def test_a_failure_after_training_says_what_was_billed_and_what_to_delete() -> None:
    # Given
    run = failed_run(job=ENDPOINT, endpoint=ENDPOINT, cost=ActualCost(116, 0.0407))
    failure = Failure("deploy", "hosting", "The endpoint did not come up.", "Raise the quota.")

    # When
    costs = section(failure_email(run, failure, LINKS), "WHAT STILL COSTS MONEY")

    # Then
    assert "billed for 1 min 56 s ($0.04)" in costs
    assert f"delete-endpoint --region eu-central-1 --endpoint-name {ENDPOINT}" in costs


def test_a_failed_training_leaves_nothing_running() -> None:
    # Given
    failure = Failure("train", "training", "The loss is NaN.", "Lower the learning rate.")

    # When
    email = failure_email(failed_run(job=ENDPOINT), failure, LINKS)

    # Then
    assert "Nothing: the training job" in section(email, "WHAT STILL COSTS MONEY")


@pytest.mark.parametrize("dataset", ["データ", "naïve reviews", "a\nb", "x" * 300])
def test_any_dataset_name_makes_a_subject_that_sns_takes(dataset: str) -> None:
    # Given
    report = tweets_report()
    report.dataset = dataset

    # Then
    assert_fit_for_sns(success_email(report, LINKS))


@given(st.text())
def test_any_text_becomes_a_subject_of_one_ascii_line(text: str) -> None:
    # When
    line = letter.subject(text)

    # Then
    assert line.isascii()
    assert line.isprintable() or not line
    assert len(line) < 100


def test_the_body_never_exceeds_the_limit_of_sns() -> None:
    # Given
    report = tweets_report(warnings=["🙂" * 300_000])

    # Then
    assert_fit_for_sns(success_email(report, LINKS))
