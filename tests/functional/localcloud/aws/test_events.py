"""Events reach functions as on AWS: with all members, with retries and a destination."""

from urllib.parse import quote

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud


def test_an_upload_event_names_the_version_and_the_plain_key(probe: ProbeCloud) -> None:
    # When
    version = probe.drop("versions", "ü +%41.csv")

    # Then
    (seen,) = probe.seen("versions")
    event = seen["event"]
    assert event["detail"]["object"]["version-id"] == version
    assert event["detail"]["object"]["key"] == "datasets/versions/ü +%41.csv"  # not URL-encoded
    assert event["detail"]["reason"] == "PutObject"
    assert len(event["time"]) == len("2026-01-01T00:00:00Z")


def test_two_uploads_of_a_key_have_events_with_their_own_versions(probe: ProbeCloud) -> None:
    # When
    versions = {probe.drop("twice", "a.csv"), probe.drop("twice", "a.csv")}

    # Then
    seen = probe.seen("twice", 2)
    assert {one["event"]["detail"]["object"]["version-id"] for one in seen} == versions


def test_an_event_that_fails_three_times_goes_to_the_destination(probe: ProbeCloud) -> None:
    # When
    probe.drop("failing", "fail.csv")

    # Then
    (letter,) = probe.seen("failing-letter")
    attempts = probe.seen("failing", 3)
    assert len(attempts) == 3
    assert len({one["event"]["id"] for one in attempts}) == 1
    assert len({one["request_id"] for one in attempts}) == 1  # as on AWS, also of a retry
    assert letter["requestContext"]["requestId"] == attempts[0]["request_id"]
    assert letter["requestContext"]["condition"] == "RetriesExhausted"
    assert letter["requestContext"]["approximateInvokeCount"] == 3
    assert letter["requestPayload"] == attempts[0]["event"]
    assert letter["responsePayload"]["errorType"] == "ValueError"
    assert letter["responsePayload"]["errorMessage"] == "asked to fail"
    assert "recorder.py" in "".join(letter["responsePayload"]["stackTrace"])


def test_schedules_fire_when_localcloud_starts(probe: ProbeCloud) -> None:
    # When
    tick = probe.seen("tick")[0]

    # Then
    assert tick["source"] == "aws.events"
    assert tick["detail-type"] == "Scheduled Event"


def test_s3_refuses_a_conditional_write_whose_condition_is_false(probe: ProbeCloud) -> None:
    """The product depends on it, because it writes its documents conditionally."""
    # Given
    key = quote("conditions/document.json")
    etag = probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"1", IfNoneMatch="*")["ETag"]
    answers = []

    # When
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0123"'}, {"IfMatch": etag}):
        try:
            probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"2", **condition)
            answers.append("written")
        except probe.s3.exceptions.ClientError as error:
            answers.append(error.response["Error"]["Code"])

    # Then
    assert answers == ["PreconditionFailed", "PreconditionFailed", "written"]
