"""The rules of CreateTrainingJob beyond its shape, and what is not emulated.

Sources: the API reference of CreateTrainingJob, ResourceConfig and StoppingCondition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import not_emulated, refuse_members, validation_error
from localcloud.sagemaker.storage import S3Location

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_DAY = 86_400
"""AWS's default of MaxRuntimeInSeconds."""
CONTAINER_ROOT = "/opt/ml"
_NOT_EMULATED = (
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "ServerlessJobConfig",
    "ModelPackageConfig",
    "SessionChainingConfig",
)
_ALGORITHM_NOT_EMULATED = ("AlgorithmName", "ContainerEntrypoint", "ContainerArguments")
_RESOURCES_NOT_EMULATED = ("InstanceGroups", "TrainingPlanArn")


def check_training_request(payload: dict[str, Any]) -> None:
    """Raise ServiceError for what AWS refuses and for what this service cannot do."""
    refuse_members(payload, _NOT_EMULATED, "CreateTrainingJob ")
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if member not in payload:
            raise validation_error(f"{member} is required for a training job with an image")
    _check_algorithm(payload["AlgorithmSpecification"])
    _check_resources(payload["ResourceConfig"], spot=payload.get("EnableManagedSpotTraining"))
    _check_stopping(stopping_condition(payload), spot=payload.get("EnableManagedSpotTraining"))
    _check_channels(payload.get("InputDataConfig") or [])
    for place, uri in _uris(payload):
        _check_uri(uri, place)
    for member in ("CheckpointConfig", "TensorBoardOutputConfig"):
        local = payload.get(member, {}).get("LocalPath", CONTAINER_ROOT)
        if not f"{local}/".startswith(f"{CONTAINER_ROOT}/") or ".." in local:
            raise not_emulated(f"{member}.LocalPath {local}", f"use a path in {CONTAINER_ROOT}")


def stopping_condition(payload: dict[str, Any]) -> dict[str, Any]:
    """The stopping condition with AWS's default of one day."""
    return {"MaxRuntimeInSeconds": ONE_DAY, **(payload.get("StoppingCondition") or {})}


def resource_config(payload: dict[str, Any]) -> dict[str, Any]:
    """The resources with the selected instance: here the first preference is always free."""
    resources: dict[str, Any] = dict(payload["ResourceConfig"])
    if preferences := resources.get("InstancePreferences"):
        resources["SelectedInstanceType"] = preferences[0]["InstanceType"]
        resources["SelectedInstanceCount"] = preferences[0].get("InstanceCount", 1)
    return resources


def instance_type(resources: dict[str, Any]) -> str:
    """The instance type on which the job runs."""
    return str(resources.get("SelectedInstanceType") or resources["InstanceType"])


def _check_algorithm(algorithm: dict[str, Any]) -> None:
    refuse_members(algorithm, _ALGORITHM_NOT_EMULATED, "AlgorithmSpecification.")
    if not algorithm.get("TrainingImage"):
        raise validation_error("TrainingImage is required in AlgorithmSpecification")
    if algorithm["TrainingInputMode"] == "Pipe":
        raise not_emulated("TrainingInputMode Pipe", "use File")
    for metric in algorithm.get("MetricDefinitions") or []:
        try:
            groups = re.compile(metric["Regex"]).groups
        except re.error as error:
            raise validation_error(f"Invalid regex {metric['Regex']!r}: {error}") from error
        if groups < 1:
            raise validation_error(f"Regex {metric['Regex']!r} has no group to capture the value")


def _check_resources(resources: dict[str, Any], *, spot: bool | None) -> None:
    refuse_members(resources, _RESOURCES_NOT_EMULATED, "ResourceConfig.")
    preferences = resources.get("InstancePreferences")
    if bool(preferences) == bool(resources.get("InstanceType")):
        raise validation_error(
            "ResourceConfig must have exactly one of InstanceType and InstancePreferences"
        )
    if preferences and spot:
        raise validation_error("InstancePreferences can not be used with managed spot training")
    counts = [resources, *(preferences or [])]
    if any(entry.get("InstanceCount", 1) != 1 for entry in counts):
        raise not_emulated("InstanceCount other than 1", "use one instance")


def _check_stopping(stopping: dict[str, Any], *, spot: bool | None) -> None:
    wait = stopping.get("MaxWaitTimeInSeconds")
    if spot and (wait is None or wait < stopping["MaxRuntimeInSeconds"]):
        raise validation_error(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )
    if wait is not None and not spot:
        raise validation_error("MaxWaitTimeInSeconds is only valid with EnableManagedSpotTraining")


def _check_channels(channels: list[dict[str, Any]]) -> None:
    names = [channel["ChannelName"] for channel in channels]
    if len(set(names)) < len(names):
        raise validation_error(f"Channel names must be unique: {', '.join(names)}")
    for channel in channels:
        place = f"channel {channel['ChannelName']}: "
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            raise not_emulated(f"{place}a DataSource other than S3DataSource", "use S3DataSource")
        if source["S3DataType"] != "S3Prefix":
            raise not_emulated(f"{place}S3DataType {source['S3DataType']}", "use S3Prefix")
        if channel.get("InputMode") == "Pipe":
            raise not_emulated(f"{place}InputMode Pipe", "use File")
        for member in ("CompressionType", "RecordWrapperType"):
            if channel.get(member, "None") != "None":
                raise not_emulated(f"{place}{member} {channel[member]}", "use None")
        refuse_members(channel, ("ShuffleConfig",), place)


def _uris(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for channel in payload.get("InputDataConfig") or []:
        yield channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]
    yield "OutputDataConfig", payload["OutputDataConfig"]["S3OutputPath"]
    if "CheckpointConfig" in payload:
        yield "CheckpointConfig", payload["CheckpointConfig"]["S3Uri"]
    if "TensorBoardOutputConfig" in payload:
        yield "TensorBoardOutputConfig", payload["TensorBoardOutputConfig"]["S3OutputPath"]


def _check_uri(uri: str, place: str) -> None:
    try:
        S3Location.parse(uri)
    except ValueError as error:
        raise validation_error(f"{place}: {error}") from error
