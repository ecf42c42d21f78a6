"""The tuning job of a run: several training jobs, of which SageMaker chooses the values."""

from typing import Any

from tunedrop.documents.run import Run
from tunedrop.jobs.pricing import parallel_jobs, rounds_of, training_jobs
from tunedrop.jobs.training_job import BEST_LOSS, TrainingSettings, training_job_request
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.tuning import FloatRange, IntegerRange, Space, Tune, ValueList, space_of

# The shortest and longest MaxRuntimeInSeconds that SageMaker takes for a tuning job.
SHORTEST_SECONDS, LONGEST_SECONDS = 120, 15_768_000
# Members of a training job's request that the definition of a tuning job's trainings has too.
SHARED = (
    "RoleArn",
    "AlgorithmSpecification",
    "InputDataConfig",
    "OutputDataConfig",
    "CheckpointConfig",
    "EnableNetworkIsolation",
    "EnableManagedSpotTraining",
)


def tuning_job_request(
    run: Run,
    recipe: Recipe,
    chosen: Hyperparameters,
    settings: TrainingSettings,
    catalogue: Catalogue = CATALOGUE,
) -> dict[str, Any]:
    """Return the CreateHyperParameterTuningJob request; the recipe has `tune`.

    Each training job is the one that the run would have without tuning. SageMaker hands it the
    values of its trial in hyperparameters.json. The training jobs are named after the tuning job,
    so that their artifacts are apart.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    """
    tune = recipe.tune or Tune()
    training = training_job_request(run, recipe, settings, catalogue)
    stopping = training["StoppingCondition"]
    stopping.pop("MaxPendingTimeInSeconds", None)  # A tuning job waits for its instances itself.
    longest = stopping.get("MaxWaitTimeInSeconds", stopping["MaxRuntimeInSeconds"])
    seconds = max(SHORTEST_SECONDS, rounds_of(recipe) * longest)
    return {
        "HyperParameterTuningJobName": run.name,
        "HyperParameterTuningJobConfig": {
            "Strategy": tune.strategy.capitalize(),
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": BEST_LOSS},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": training_jobs(recipe),
                "MaxParallelTrainingJobs": parallel_jobs(recipe),
                "MaxRuntimeInSeconds": min(LONGEST_SECONDS, seconds),
            },
            "ParameterRanges": _ranges(space_of(tune, chosen.learning_rate)),
            # Hyperband stops jobs itself and refuses another rule beside its own.
            "TrainingJobEarlyStoppingType": "Off" if tune.strategy == "hyperband" else "Auto",
            "RandomSeed": chosen.seed,
        },
        "TrainingJobDefinition": {
            **{name: training[name] for name in SHARED},
            **settings.network.member,
            **_resources(training["ResourceConfig"]),
            "StoppingCondition": stopping,
        },
        "Tags": training["Tags"],
    }


def _ranges(space: Space) -> dict[str, Any]:
    """Return ParameterRanges; SageMaker has every number as a text."""
    ranges: dict[str, list[dict[str, Any]]] = {}
    for name, searched in space.items():
        match searched:
            case ValueList(values):
                known = ranges.setdefault("CategoricalParameterRanges", [])
                known.append({"Name": name, "Values": list(values)})
            case IntegerRange(low, high):
                known = ranges.setdefault("IntegerParameterRanges", [])
                known.append(_range(name, str(int(low)), str(int(high)), searched))
            case FloatRange(low, high):
                known = ranges.setdefault("ContinuousParameterRanges", [])
                known.append(_range(name, str(low), str(high), searched))
    return ranges


def _range(name: str, low: str, high: str, searched: FloatRange) -> dict[str, str]:
    scale = "Logarithmic" if searched.is_logarithmic else "Linear"
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scale}


def _resources(resources: dict[str, Any]) -> dict[str, Any]:
    """Return where the jobs run; several instance types have another form than in a job.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningResourceConfig.html
    """
    if "InstancePreferences" not in resources:
        return {"ResourceConfig": resources}
    configs = [
        {
            "InstanceType": each["InstanceType"],
            "InstanceCount": resources["InstanceCount"],
            "VolumeSizeInGB": resources["VolumeSizeInGB"],
        }
        for each in resources["InstancePreferences"]
    ]
    return {
        "HyperParameterTuningResourceConfig": {
            "AllocationStrategy": "Prioritized",
            "InstanceConfigs": configs,
        }
    }
