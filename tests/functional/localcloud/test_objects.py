"""Objects and their versions, whose bodies live on disk only."""

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud


def body(probe: ProbeCloud, key: str, **version: str) -> bytes:
    read: bytes = probe.s3.get_object(Bucket=BUCKET, Key=key, **version)["Body"].read()
    return read


def test_given_a_replaced_object_when_an_old_version_is_read_then_it_is_the_old_one(
    probe: ProbeCloud,
) -> None:
    key = "objects/replaced"
    versions = {
        probe.s3.put_object(Bucket=BUCKET, Key=key, Body=text)["VersionId"]: text
        for text in (b"first", b"second", b"third, in a longer text")
    }

    assert {version: body(probe, key, VersionId=version) for version in versions} == versions
    assert body(probe, key) == b"third, in a longer text"


def test_given_two_versions_when_the_newest_is_deleted_then_the_older_one_is_current(
    probe: ProbeCloud,
) -> None:
    key = "objects/promoted"
    probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"older")
    newest = probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"newest")["VersionId"]
    probe.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=newest)

    assert body(probe, key) == b"older"
    assert body(probe, key) == b"older"


def test_given_a_large_object_when_it_comes_in_parts_then_it_reads_back_the_same(
    probe: ProbeCloud,
) -> None:
    key, parts = "objects/parts", [b"a" * (5 << 20), b"b" * 100]
    upload = probe.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    etags = [
        probe.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=part)[
            "ETag"
        ]
        for number, part in enumerate(parts, start=1)
    ]
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    probe.s3.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": listed}
    )

    assert body(probe, key) == b"".join(parts)
    assert probe.s3.head_object(Bucket=BUCKET, Key=key)["ETag"].endswith('-2"')
