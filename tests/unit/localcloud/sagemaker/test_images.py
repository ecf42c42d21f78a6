"""The name of an image's repository."""

from __future__ import annotations

import pytest

from localcloud.sagemaker.images import repository


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("123.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:1.0", "tunedrop-training"),
        ("registry:5000/team/vllm@sha256:0123", "vllm"),
        ("registry/vllm:server-sagemaker-cuda-v2.6@sha256:0123", "vllm"),
        ("vllm", "vllm"),
    ],
)
def test_an_image_uri_has_a_repository_name(uri: str, name: str) -> None:
    assert repository(uri) == name
