"""The environment variables of a function as one typed value."""

import os
from typing import TypeVar

import msgspec

Settings = TypeVar("Settings", bound=msgspec.Struct)


class Environment(msgspec.Struct, rename=str.upper, frozen=True):
    """Base of the functions' settings: the field `data_bucket` reads `DATA_BUCKET`."""


class BucketSettings(Environment, frozen=True):
    """The settings that every function needs."""

    data_bucket: str


class StackSettings(BucketSettings, frozen=True):
    """The settings of the function that cleans up before the stack is deleted."""

    stack_name: str


class ImageSettings(Environment, frozen=True):
    """The settings of the function that has the training image built."""

    image_build_project: str
    image_repository_uri: str


class EndingSettings(BucketSettings, frozen=True):
    """The settings of functions that can end a run."""

    report_topic_arn: str
    stack_name: str
    aws_region: str


def read_settings(kind: type[Settings]) -> Settings:
    """Read the environment; raises msgspec.ValidationError that names a missing variable."""
    return msgspec.convert(dict(os.environ), kind, strict=False)
