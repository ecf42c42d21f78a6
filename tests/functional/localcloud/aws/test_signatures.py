"""Requests with a wrong signature are refused, also those of the account's root."""

from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud
from tests.support.local_aws.cloud import wait_for


def presigned(probe: ProbeCloud, version: str, key: str, seconds: int) -> str:
    """Upload an object and return its URL; boto3 signs by version `s3` or `s3v4`."""
    probe.s3.put_object(Bucket=BUCKET, Key=key, Body=b"abc")
    client = client_of(probe, "s3", probe.exports["AWS_SECRET_ACCESS_KEY"], version)
    url: str = client.generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=seconds
    )
    return url


def client_of(probe: ProbeCloud, service: str, secret: str, version: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=probe.exports["AWS_ENDPOINT_URL"],
        region_name=probe.exports["AWS_DEFAULT_REGION"],
        aws_access_key_id=probe.exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret,
        config=Config(signature_version=version),
    )


def refusal(url: str) -> str | None:
    """Get a URL; returns status and body of a refusal, None when it is answered."""
    try:
        with urlopen(url) as answer:  # noqa: S310 - an address of the local AWS
            assert answer.read() == b"abc"
    except HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"
    return None


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_answered_until_it_expires(probe: ProbeCloud, version: str) -> None:
    # Given
    url = presigned(probe, version, f"signed/{version}.txt", seconds=1)
    assert refusal(presigned(probe, version, f"signed/{version}.txt", seconds=600)) is None

    # Then
    expected = {"s3": "SignatureDoesNotMatch", "s3v4": "Request has expired"}  # AWS: the latter
    assert expected[version] in wait_for(lambda: refusal(url), probe.log)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_for_another_key_is_refused(probe: ProbeCloud, version: str) -> None:
    # Given
    url = presigned(probe, version, "signed/a.txt", seconds=600)
    presigned(probe, version, "signed/b.txt", seconds=600)

    # Then
    assert "SignatureDoesNotMatch" in str(refusal(url.replace("signed/a.txt", "signed/b.txt")))


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("logs", "describe_log_groups", "InvalidSignatureException"),
        ("sagemaker", "list_training_jobs", "InvalidSignatureException"),
    ],
)
def test_a_wrong_secret_key_is_refused(
    probe: ProbeCloud, service: str, call: str, code: str
) -> None:
    # Given
    client = client_of(probe, service, "wrong")

    # Then
    with pytest.raises(ClientError) as refused:
        getattr(client, call)()
    assert refused.value.response["Error"]["Code"] == code


def test_root_cannot_assume_a_role_that_trusts_only_a_service(probe: ProbeCloud) -> None:
    # Given
    roles = probe.client("iam").list_roles()["Roles"]
    (arn,) = (role["Arn"] for role in roles if "TrainingRole" in role["RoleName"])

    # Then
    with pytest.raises(ClientError) as refused:
        probe.client("sts").assume_role(RoleArn=arn, RoleSessionName="root")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
