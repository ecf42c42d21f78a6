"""Events reach functions as on AWS: complete, retried, and never lost without a trace."""

from urllib.parse import quote

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud


def test_given_a_versioned_bucket_when_a_file_is_dropped_then_the_event_names_its_version(
    probe: ProbeCloud,
) -> None:
    version = probe.drop("versions", "ü +%41.csv")
    (seen,) = probe.seen("versions")
    event = seen["event"]

    assert event["detail"]["object"]["version-id"] == version
    assert event["detail"]["object"]["key"] == "datasets/versions/ü +%41.csv"  # not URL-encoded
    assert event["detail"]["reason"] == "PutObject"
    assert len(event["time"]) == len("2026-01-01T00:00:00Z")


def test_given_two_uploads_of_a_key_when_both_are_seen_then_each_event_has_its_own_version(
    probe: ProbeCloud,
) -> None:
    versions = {probe.drop("twice", "a.csv"), probe.drop("twice", "a.csv")}
    seen = probe.seen("twice", 2)

    assert {one["event"]["detail"]["object"]["version-id"] for one in seen} == versions


def test_given_a_function_that_fails_when_three_attempts_are_over_then_the_destination_knows(
    probe: ProbeCloud,
) -> None:
    probe.drop("failing", "fail.csv")
    (letter,) = probe.seen("failing-letter")
    attempts = probe.seen("failing", 3)

    assert len(attempts) == 3
    assert len({one["event"]["id"] for one in attempts}) == 1
    assert letter["requestContext"]["condition"] == "RetriesExhausted"
    assert letter["requestContext"]["approximateInvokeCount"] == 3
    assert letter["requestPayload"] == attempts[0]["event"]
    assert letter["responsePayload"]["errorType"] == "ValueError"
    assert letter["responsePayload"]["errorMessage"] == "asked to fail"
    assert "recorder.py" in "".join(letter["responsePayload"]["stackTrace"])


def test_given_a_schedule_when_localcloud_starts_then_it_fires_at_once(probe: ProbeCloud) -> None:
    tick = probe.seen("tick")[0]

    assert tick["source"] == "aws.events"
    assert tick["detail-type"] == "Scheduled Event"


def test_given_conditional_writes_when_the_condition_is_false_then_s3_refuses(
    probe: ProbeCloud,
) -> None:
    """The product's documents rest on this."""
    key = quote("conditions/document.json")
    etag = probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"1", IfNoneMatch="*")["ETag"]
    answers = []
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0123"'}, {"IfMatch": etag}):
        try:
            probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"2", **condition)
            answers.append("written")
        except probe.s3.exceptions.ClientError as error:
            answers.append(error.response["Error"]["Code"])

    assert answers == ["PreconditionFailed", "PreconditionFailed", "written"]
