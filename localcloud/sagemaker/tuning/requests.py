"""The rules of CreateHyperParameterTuningJob beyond its shape, and what is not emulated.

Sources: the API reference of CreateHyperParameterTuningJob, HyperParameterTuningJobConfig and
ParameterRanges.
"""

from __future__ import annotations

import math
from typing import Any

from localcloud.sagemaker.errors import not_emulated, refuse_members, validation_error
from localcloud.sagemaker.training.requests import check_training_request

OBJECTIVE = "_tuning_objective_metric"
"""The hyperparameter in which SageMaker tells a training job that it is a trial, and its metric."""
_NOT_EMULATED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_DEFINITION_NOT_EMULATED = ("TuningObjective", "HyperParameterRanges", "RetryStrategy")
_CONFIG_NOT_EMULATED = ("TuningJobCompletionCriteria",)
_KINDS = ("Integer", "Continuous", "Categorical")


def check_tuning_request(payload: dict[str, Any]) -> None:
    """Raise ServiceError for what AWS refuses and for what this service cannot do."""
    refuse_members(payload, _NOT_EMULATED, "CreateHyperParameterTuningJob ")
    config, definition = payload["HyperParameterTuningJobConfig"], payload["TrainingJobDefinition"]
    refuse_members(config, _CONFIG_NOT_EMULATED, "HyperParameterTuningJobConfig.")
    refuse_members(definition, _DEFINITION_NOT_EMULATED, "TrainingJobDefinition.")
    _check_objective(config, definition)
    _check_ranges(config.get("ParameterRanges") or {}, definition)
    _check_strategy(config)
    check_training_request(trial_request(payload, "trial", {}))


def trial_request(payload: dict[str, Any], name: str, values: dict[str, str]) -> dict[str, Any]:
    """The CreateTrainingJob request of a trial; the tuning job's tags are its tags, too."""
    definition = dict(payload["TrainingJobDefinition"])
    static = definition.pop("StaticHyperParameters", None) or {}
    config = definition.pop("HyperParameterTuningResourceConfig", None)
    objective = payload["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    return {
        **definition,
        **({"ResourceConfig": _resource_config(config)} if config else {}),
        "TrainingJobName": name,
        "HyperParameters": {**static, **values, OBJECTIVE: objective.get("MetricName", "")},
        "Tags": payload.get("Tags") or [],
    }


def _resource_config(config: dict[str, Any]) -> dict[str, Any]:
    """The resources of a trial: here the first of several instance types is always free."""
    first = (config.get("InstanceConfigs") or [config])[0]
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    return {member: first[member] for member in members if member in first}


def _check_objective(config: dict[str, Any], definition: dict[str, Any]) -> None:
    objective = config.get("HyperParameterTuningJobObjective")
    if objective is None:
        raise validation_error("HyperParameterTuningJobObjective is required")
    if objective["Type"] != "Minimize":
        raise not_emulated("an objective of type Maximize", "use Minimize")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions") or []
    if objective["MetricName"] not in [metric["Name"] for metric in metrics]:
        raise validation_error(
            f"The objective metric {objective['MetricName']} is not among the MetricDefinitions"
        )


def _check_ranges(ranges: dict[str, Any], definition: dict[str, Any]) -> None:
    refuse_members(ranges, ("AutoParameters",), "ParameterRanges.")
    every = [each for kind in _KINDS for each in ranges.get(f"{kind}ParameterRanges") or []]
    if not every:
        raise validation_error("At least one hyperparameter range is required")
    names = [each["Name"] for each in every]
    static = definition.get("StaticHyperParameters") or {}
    twice = [name for name in names if names.count(name) > 1 or name in static]
    if twice:
        raise validation_error(f"The hyperparameter {twice[0]} is specified more than once")
    for kind in ("Integer", "Continuous"):
        for each in ranges.get(f"{kind}ParameterRanges") or []:
            _check_range(each, whole=kind == "Integer")


def _check_range(each: dict[str, Any], *, whole: bool) -> None:
    name, scale = each["Name"], each.get("ScalingType", "Auto")
    try:
        low, high = (float(each[member]) for member in ("MinValue", "MaxValue"))
    except ValueError as error:
        raise validation_error(f"The range of {name} must have numbers: {error}") from error
    if whole and not (low.is_integer() and high.is_integer()):
        raise validation_error(f"The range of {name} must have whole numbers")
    if low > high:
        raise validation_error(f"MinValue of {name} must not be greater than MaxValue")
    if scale == "ReverseLogarithmic":
        raise not_emulated("ScalingType ReverseLogarithmic", "use Linear or Logarithmic")
    if scale == "Logarithmic" and low <= 0:
        raise validation_error(f"MinValue of {name} must be above 0 with logarithmic scaling")


def _check_strategy(config: dict[str, Any]) -> None:
    strategy, limits = config["Strategy"], config["ResourceLimits"]
    ranges = config.get("ParameterRanges") or {}
    wanted = limits.get("MaxNumberOfTrainingJobs")
    if strategy == "Hyperband" and config.get("TrainingJobEarlyStoppingType") == "Auto":
        raise validation_error("TrainingJobEarlyStoppingType must be Off for Hyperband")
    if strategy == "Grid":
        if ranges.get("IntegerParameterRanges") or ranges.get("ContinuousParameterRanges"):
            raise validation_error("Grid search only supports categorical hyperparameters")
        count = combinations(config)
        if wanted not in (None, count):
            raise validation_error(
                f"MaxNumberOfTrainingJobs must be {count}, the number of combinations, for Grid"
            )
    elif wanted is None:
        raise validation_error(f"MaxNumberOfTrainingJobs is required for {strategy}")
    if wanted is not None and limits["MaxParallelTrainingJobs"] > wanted:
        raise validation_error(
            "MaxParallelTrainingJobs must not be greater than MaxNumberOfTrainingJobs"
        )


def combinations(config: dict[str, Any]) -> int:
    """How many combinations the categorical ranges have."""
    lists = config["ParameterRanges"].get("CategoricalParameterRanges") or []
    return math.prod(len(each["Values"]) for each in lists)
