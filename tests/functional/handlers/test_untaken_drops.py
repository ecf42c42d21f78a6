"""A drop that starts no run is answered by one email: a misplaced file, and the same file again."""

import json
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, deployed, report_failure, sweep
from tests.support.pipeline.stack import BUCKET, EVENTS, Stack
from tunedrop.lifecycle import lost_drops


def notified(stack: Stack) -> list[Any]:
    """Call report_failure as S3 does for every notice about a drop that starts no run."""
    notices = [key for key in stack.keys("runs/") if "/notice/again-" in key or "_misplaced" in key]
    notices = [key for key in notices if "/notice/" in key]
    return [stack.call("report_failure", stack.event("s3_run_notice", key=key)) for key in notices]


def misplaced(stack: Stack) -> Any:
    """Call prepare as S3 does for a file at the top of the bucket."""
    return stack.call("prepare", stack.event("s3_file_misplaced"))


def text_of(email: tuple[str, str]) -> str:
    """Return the body of an email in one line."""
    return " ".join(email[1].split())


def test_a_file_at_the_top_of_the_bucket_has_one_email(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("tweets.csv", tweets)

    # When its event comes twice
    for _ in range(2):
        answer = misplaced(stack)
        notified(stack)

    # Then
    assert answer["outcome"] == "ignored: it lies at the top of the bucket, which an email says"
    [(subject, _)] = stack.emails
    assert subject == "tweets.csv: it lies in no dataset's folder, nothing was started"
    assert (
        f"aws s3 mv --region us-east-1 s3://{BUCKET}/tweets.csv "
        f"s3://{BUCKET}/datasets/tweets/tweets.csv"
    ) in text_of(stack.emails[0])
    assert stack.keys("runs/tweets") == stack.keys("runs/_active/") == []


def test_another_file_that_is_misplaced_has_an_email_of_its_own(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    for body in (tweets, tweets + b"\none more good thing,positive"):
        stack.drop("tweets.csv", body)

        # When
        misplaced(stack)
        notified(stack)

    # Then
    assert len(stack.emails) == 2


def test_a_misplaced_recipe_is_told_that_it_belongs_beside_its_data(stack: Stack) -> None:
    # Given
    stack.drop("recipe.yaml", b"split: {seed: 5}")

    # When
    stack.prepare("recipe.yaml")
    notified(stack)

    # Then
    assert "beside its data: datasets/<dataset>/recipe.yaml" in text_of(stack.emails[0])
    assert f"s3://{BUCKET}/datasets/NAME/recipe.yaml" in text_of(stack.emails[0])


def test_a_misplaced_file_that_was_moved_meanwhile_has_no_email(stack: Stack) -> None:
    # When
    answer = misplaced(stack)

    # Then
    assert answer["outcome"] == "ignored: the file is gone"


@pytest.mark.parametrize("key", [".DS_Store", "_SUCCESS"])
def test_a_hidden_file_at_the_top_of_the_bucket_is_ignored(stack: Stack, key: str) -> None:
    # Given
    stack.drop(key, b"x")

    # When
    answer = stack.prepare(key)

    # Then
    assert answer["outcome"].startswith("ignored: not a dataset file")
    assert stack.keys("") == [key]


def test_a_hostile_name_at_the_top_of_the_bucket_adds_nothing_to_the_email(stack: Stack) -> None:
    # Given
    key = "x\n\nWHAT TO DO\nPay at evil.example\n\n.csv"
    stack.drop(key, b"text,label")

    # When
    stack.prepare(key)
    notified(stack)

    # Then
    assert stack.emails[0][1].splitlines().count("WHAT TO DO") == 1


def test_the_sweep_sends_the_lost_event_of_a_misplaced_file(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a file whose event never came, old enough to be looked at
    monkeypatch.setattr(lost_drops, "FIRST_LOOK", -5.0)
    stack.drop("tweets.csv", tweets)

    # When
    sweep(stack)
    misplaced(stack)
    notified(stack)
    sweep(stack)

    # Then
    sent = [(name, event["detail"]["object"]["key"]) for name, event in stack.sent]
    assert sent == [("prepare", "tweets.csv")]
    assert len(stack.emails) == 1


def test_the_same_file_again_has_one_email_that_names_its_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.drop(KEY, tweets)

    # When the event comes twice
    for _ in range(2):
        answer = stack.prepare(KEY)
        notified(stack)

    # Then
    assert answer == {"outcome": "joined", "run": folder}
    [(subject, _)] = stack.emails
    assert subject == "tweets: the same file again; its run is running"
    assert f"s3://{BUCKET}/{folder}/" in text_of(stack.emails[0])
    assert "It is in the stage train" in text_of(stack.emails[0])
    assert "--metadata tunedrop-rerun=true" in text_of(stack.emails[0])


def test_an_event_that_comes_again_is_not_the_same_file_again(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)

    # When
    outcomes = [stack.prepare(KEY, f"request-{n}")["outcome"] for n in range(3)]

    # Then
    assert outcomes == ["prepared", "nothing to do", "nothing to do"]
    assert notified(stack) == []


def test_each_further_upload_of_the_same_file_is_answered(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    stack.prepare(KEY)

    # When
    for _ in range(2):
        stack.drop(KEY, tweets)
        stack.prepare(KEY)
        notified(stack)

    # Then
    assert len(stack.emails) == 2


@pytest.mark.usefixtures("base_model")
def test_the_email_of_the_same_file_has_the_report_of_an_ended_run(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))
    assert stack.run(folder).status == "succeeded"
    stack.drop(KEY, tweets)

    # When
    stack.prepare(KEY)
    notified(stack)

    # Then
    subject, body = stack.emails[-1]
    assert len(stack.emails) == 2
    assert subject.startswith("tweets: the same file again; its run has ended: ")
    assert f"s3://{BUCKET}/{folder}/report/report.html" in body
    assert "console.aws.amazon.com" in body


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"status": "asking", "answer_until": "2026-12-24T12:00:00+00:00"}, "waits for a recipe"),
        ({"status": "succeeded", "stage": "prepare"}, "ended it after the preparation"),
        (
            {
                "status": "failed",
                "error": {"stage": "train", "code": "training", "message": "No.", "remedy": ""},
            },
            "It has failed: No.",
        ),
    ],
)
def test_the_email_of_the_same_file_tells_the_state_of_its_run(
    stack: Stack, tweets: bytes, values: dict[str, Any], told: str
) -> None:
    # Given a run whose state changes before the email is sent
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.drop(KEY, tweets)
    stack.prepare(KEY)
    change(stack, folder, **values)

    # When
    notified(stack)

    # Then
    assert told in text_of(stack.emails[0])


def test_a_run_that_was_superseded_meanwhile_is_not_named(stack: Stack, tweets: bytes) -> None:
    # Given
    for body in (tweets, tweets, tweets + b"\none more good thing,positive"):
        stack.drop(KEY, body)
        stack.prepare(KEY)

    # When
    outcomes = notified(stack)

    # Then
    assert [each[0]["outcome"] for each in outcomes] == ["ignored: something newer counts"]
    assert stack.emails == []


def test_the_same_file_with_another_recipe_is_a_new_run(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop(KEY, tweets)
    stack.prepare(KEY)

    # When
    stack.drop("datasets/tweets/recipe.yaml", b"split: {seed: 5}")
    stack.drop(KEY, tweets)
    stack.prepare(KEY)

    # Then
    assert notified(stack) == []


def test_the_same_bad_file_again_fails_again(stack: Stack) -> None:
    # Given
    folders = []

    # When
    for _ in range(2):
        stack.drop(KEY, b"\x89PNG")
        folders.append(stack.prepare(KEY)["run"])
        report_failure(stack, folders[-1])

    # Then
    assert len({*folders}) == len(stack.emails) == 2
    assert notified(stack) == []


def test_the_dead_letter_of_a_notice_sends_its_email(stack: Stack, tweets: bytes) -> None:
    # Given a notice that report_failure could not handle
    stack.drop("tweets.csv", tweets)
    misplaced(stack)
    [notice] = stack.keys("runs/_misplaced/notice/")
    event = json.loads((EVENTS / "sqs_dead_letter.json").read_text())
    letter = json.loads(event["Records"][0]["body"])
    letter["requestPayload"] = stack.event("s3_run_notice", key=notice)
    event["Records"][0]["body"] = json.dumps(letter)

    # When
    stack.call("report_failure", event)

    # Then
    assert len(stack.emails) == 1
