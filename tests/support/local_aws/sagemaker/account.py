"""The account in which the tests of localcloud's SageMaker run: names and IAM policies."""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = "tunedrop-data"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
TRAINING_IMAGE = f"{REGISTRY}/tunedrop-training:1.0"
SERVING_IMAGE = f"{REGISTRY}/vllm:server-sagemaker-cuda-v2.6"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"


def allow(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    """An IAM statement that allows one action."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **condition}


PASS_ROLE = allow(
    "iam:PassRole",
    ROLE,
    Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
)


def document(statements: list[dict[str, Any]]) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def execution_statements() -> list[dict[str, Any]]:
    """The permissions of an execution role: its bucket and its logs."""
    bucket = f"arn:aws:s3:::{BUCKET}"
    return [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"{bucket}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        },
    ]
