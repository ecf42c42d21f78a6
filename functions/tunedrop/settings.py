"""A function's environment as one typed value."""

import os
from typing import TypeVar

import msgspec

Settings = TypeVar("Settings", bound=msgspec.Struct)


class Environment(msgspec.Struct, rename=str.upper, frozen=True):
    """Base of the functions' settings: field `data_bucket` is the variable `DATA_BUCKET`."""


class BucketSettings(Environment, frozen=True):
    """What every function needs."""

    data_bucket: str


class EndingSettings(BucketSettings, frozen=True):
    """What it takes to end a run."""

    report_topic_arn: str
    aws_region: str


def read_settings(kind: type[Settings]) -> Settings:
    """Read the environment; raises msgspec.ValidationError that names what is missing."""
    return msgspec.convert(dict(os.environ), kind, strict=False)
