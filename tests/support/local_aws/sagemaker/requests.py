"""Requests for training, tuning and processing jobs, and the parts of requests for models."""

from __future__ import annotations

from typing import Any

from tests.support.local_aws.sagemaker.account import BUCKET, ROLE, TRAINING_IMAGE


def training_request(name: str, action: str, **changes: Any) -> dict[str, Any]:
    """A CreateTrainingJob request with one channel."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": TRAINING_IMAGE,
            "TrainingInputMode": "File",
        },
        "RoleArn": ROLE,
        "HyperParameters": {"action": action},
        "InputDataConfig": [channel("train", "data/train.jsonl")],
        "OutputDataConfig": {
            "S3OutputPath": f"s3://{BUCKET}/out",
            "CompressionType": "NONE",
        },
        "ResourceConfig": {
            "InstanceType": "ml.g6.2xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 50,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def tuning_request(
    name: str,
    action: str,
    *,
    jobs: int,
    parallel: int = 2,
    strategy: str = "Bayesian",
    **changes: Any,
) -> dict[str, Any]:
    """A CreateHyperParameterTuningJob request that tunes `rate` by the metric `loss`."""
    definition = training_request("", action)
    del definition["TrainingJobName"], definition["HyperParameters"]
    metric = {"Name": "loss", "Regex": '"loss": ([0-9.eE+-]+)'}
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [metric]
    rate = {"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": jobs,
                "MaxParallelTrainingJobs": parallel,
            },
            "ParameterRanges": {"ContinuousParameterRanges": [rate]},
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": {"action": action}},
        **changes,
    }


def processing_request(name: str, *arguments: str, **changes: Any) -> dict[str, Any]:
    """A CreateProcessingJob request; `arguments` go to the program."""
    return {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": TRAINING_IMAGE,
            "ContainerEntrypoint": ["process"],
            "ContainerArguments": list(arguments),
        },
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def channel(name: str, key: str) -> dict[str, Any]:
    """An input channel with every object whose key begins with `key`."""
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://{BUCKET}/{key}",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def s3_prefix(key: str) -> dict[str, Any]:
    """Uncompressed model data below a prefix."""
    return {
        "S3DataSource": {
            "S3Uri": f"s3://{BUCKET}/{key}",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }
