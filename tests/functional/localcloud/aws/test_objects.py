"""Objects and their versions, whose bodies are on disk only."""

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud


def body(probe: ProbeCloud, key: str, **version: str) -> bytes:
    read: bytes = probe.s3.get_object(Bucket=BUCKET, Key=key, **version)["Body"].read()
    return read


def test_each_version_of_an_object_keeps_its_body(probe: ProbeCloud) -> None:
    # Given
    key = "objects/replaced"

    # When
    versions = {
        probe.s3.put_object(Bucket=BUCKET, Key=key, Body=text)["VersionId"]: text
        for text in (b"first", b"second", b"third, in a longer text")
    }

    # Then
    assert {version: body(probe, key, VersionId=version) for version in versions} == versions
    assert body(probe, key) == b"third, in a longer text"


def test_the_older_version_is_current_after_the_newest_is_deleted(probe: ProbeCloud) -> None:
    # Given
    key = "objects/promoted"
    probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"older")
    newest = probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"newest")["VersionId"]

    # When
    probe.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=newest)

    # Then
    assert [body(probe, key) for _ in range(2)] == [b"older"] * 2


def test_an_object_uploaded_in_parts_is_read_as_a_whole(probe: ProbeCloud) -> None:
    # Given
    key, parts = "objects/parts", [b"a" * (5 << 20), b"b" * 100]
    upload = probe.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    etags = [
        probe.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=part)[
            "ETag"
        ]
        for number, part in enumerate(parts, start=1)
    ]
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]

    # When
    probe.s3.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": listed}
    )

    # Then
    assert body(probe, key) == b"".join(parts)
    assert probe.s3.head_object(Bucket=BUCKET, Key=key)["ETag"].endswith('-2"')
