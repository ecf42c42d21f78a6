"""The rules of CreateProcessingJob beyond its shape, and what is not emulated.

Source: the API reference of CreateProcessingJob.
"""

from __future__ import annotations

from typing import Any

from localcloud.sagemaker.errors import not_emulated, refuse_members, validation_error

ONE_DAY = 86_400
"""AWS's default of MaxRuntimeInSeconds."""
_NOT_EMULATED = ("ProcessingInputs", "ExperimentConfig")


def check_processing_request(payload: dict[str, Any]) -> None:
    """Raise ServiceError for what AWS refuses and for what this service cannot do."""
    refuse_members(payload, _NOT_EMULATED, "CreateProcessingJob ")
    if payload.get("ProcessingOutputConfig", {}).get("Outputs"):
        raise not_emulated("CreateProcessingJob ProcessingOutputConfig")
    cluster = payload["ProcessingResources"]["ClusterConfig"]
    refuse_members(cluster, ("InstancePreferences",), "ClusterConfig.")
    for member in ("InstanceType", "InstanceCount"):
        if member not in cluster:
            raise validation_error(f"{member} is required in ClusterConfig")
    if cluster["InstanceCount"] != 1:
        raise not_emulated("InstanceCount other than 1", "use one instance")
    if not payload["AppSpecification"].get("ContainerEntrypoint"):
        raise not_emulated("the ENTRYPOINT of an image", "name a ContainerEntrypoint")


def stopping_condition(payload: dict[str, Any]) -> dict[str, Any]:
    """The stopping condition with AWS's default of one day."""
    return {"MaxRuntimeInSeconds": ONE_DAY, **(payload.get("StoppingCondition") or {})}


def command_line(payload: dict[str, Any]) -> list[str]:
    """The command line that Docker would start: the entry point, then the arguments."""
    application = payload["AppSpecification"]
    return [*application["ContainerEntrypoint"], *(application.get("ContainerArguments") or [])]
