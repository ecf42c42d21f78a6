"""The training job of a run: its configuration file and its CreateTrainingJob request."""

from typing import Any

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.dataset import TECHNIQUES, Task, Technique
from tunedrop.documents.run import Run, resource_tags
from tunedrop.jobs.base_model import model_prefix
from tunedrop.jobs.choosing import Chosen
from tunedrop.jobs.network import Network
from tunedrop.jobs.pricing import cap_hours
from tunedrop.jobs.probing import NOTHING_TO_TRY, RatesToTry
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.ranges import NumberRange, TextChoice, hyperparameter_ranges
from tunedrop.recipe.schema import Recipe

CONFIG_VERSION = 4
"""The version of training.json. A container that reads another version refuses the file."""
CHECKPOINTS = "/opt/ml/checkpoints"
TENSORBOARD = "/opt/ml/output/tensorboard"
VOLUME_GB = 100
MLFLOW_NAME = 256  # The most characters of an experiment's name.
PENDING_SECONDS = 7_200  # How long an on-demand job may wait for an instance.
SPOT_WAIT_SECONDS = 3_600  # Added to the running time: MaxWait may not be below MaxRuntime.
BEST_LOSS = "validation:best_loss"
"""The metric by which tuned jobs are compared: the lowest validation loss so far, because the
checkpoint with that loss is the one that a job leaves."""
METRICS = {
    "train:loss": r'"loss": ([0-9.eE+-]+)',
    "validation:loss": r'"eval_loss": ([0-9.eE+-]+)',
    BEST_LOSS: r'"best_eval_loss": ([0-9.eE+-]+)',
    "train:tokens_per_second": r'"tokens_per_second": ([0-9.eE+-]+)',
    "validation:reward_margin": r'"eval_reward_margin": ([0-9.eE+-]+)',
    "validation:reward_accuracy": r'"eval_reward_accuracy": ([0-9.eE+-]+)',
}


class TrainingSettings(msgspec.Struct):
    """The stack's settings for training jobs.

    `monthly_usd` is the most US dollars of all training jobs of a month.
    """

    image: str
    role: str
    stack: str
    monthly_usd: float
    network: Network = Network()


class ModelReference(msgspec.Struct):
    """The base model's id and revision."""

    id: str
    revision: str


class TrainingConfig(msgspec.Struct):
    """config/training.json, which the job reads from its `config` channel.

    A file is used because SageMaker's hyperparameters are strings of at most 256 characters. The
    file is complete and checked: the container has no defaults and no ranges of its own.
    `technique` is how the model learns from this kind of data; `method` is which weights are
    trained; `learn` is which answers of a conversation are learnt. `patience` is how
    many evaluations without improvement end the training, and `merge` whether merged weights are
    left too. `mix_share` is the share of the rows of the channel `mix`, 0 without it. `probe` has
    the learning rates that are tried first; the job's summary has what that found. `ranges` and
    `reasons` have an entry for every hyperparameter of the technique: the values that are allowed,
    and why this one was chosen.
    """

    version: int
    run: str
    base_model: ModelReference
    technique: Technique
    method: str
    learn: str
    patience: int
    merge: bool
    mix_share: float
    hyperparameters: Hyperparameters
    probe: RatesToTry
    ranges: dict[str, NumberRange | TextChoice]
    reasons: dict[str, str]


def training_config(
    run: str, recipe: Recipe, task: Task, chosen: Chosen, probe: RatesToTry = NOTHING_TO_TRY
) -> TrainingConfig:
    """Return the configuration for the training container.

    Args:
        run: the run's id.
        recipe: the recipe of the run.
        task: the task in dataset.json; the technique follows from it.
        chosen: the hyperparameters and their reasons.
        probe: the learning rates that the job tries first.
    """
    return TrainingConfig(
        version=CONFIG_VERSION,
        run=run,
        base_model=ModelReference(id=recipe.model_id, revision=recipe.model_revision),
        technique=TECHNIQUES[task],
        method=recipe.method,
        learn=recipe.learn,
        patience=recipe.patience(chosen.hyperparameters.evaluations_per_epoch),
        merge=recipe.deploy.merge,
        mix_share=recipe.mix.used_share,
        hyperparameters=chosen.hyperparameters,
        probe=probe,
        ranges=hyperparameter_ranges(),
        reasons=chosen.reasons,
    )


def training_job_request(
    run: Run, recipe: Recipe, settings: TrainingSettings, catalogue: Catalogue = CATALOGUE
) -> dict[str, Any]:
    """Return the CreateTrainingJob request.

    The job sees only its channels and has no network. The channels name exact objects, so that
    they cannot contain the test rows.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    """
    root = f"s3://{run.source.bucket}/{run.folder}"
    return {
        "TrainingJobName": run.name,
        "RoleArn": settings.role,
        "AlgorithmSpecification": {
            "TrainingImage": settings.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": n, "Regex": regex} for n, regex in METRICS.items()],
        },
        "InputDataConfig": [
            _channel("train", f"{root}/{keys.split_file('train')}"),
            _channel("validation", f"{root}/{keys.split_file('validation')}"),
            *_mix_channel(run),
            *([_channel("adapter", run.continues.artifact)] if run.continues else []),
            _channel("config", f"{root}/{keys.TRAINING_CONFIG}"),
            _channel("model", f"s3://{run.source.bucket}/{model_prefix(recipe)}"),
        ],
        "OutputDataConfig": {
            "S3OutputPath": f"{root}/{keys.MODEL_FOLDER}",
            "CompressionType": "NONE",
        },
        "CheckpointConfig": {
            "S3Uri": f"{root}/{keys.checkpoints(run.attempt)}",
            "LocalPath": CHECKPOINTS,
        },
        # SageMaker adds the folders `<job>/tensorboard-output/`.
        "TensorBoardOutputConfig": {
            "S3OutputPath": f"{root}/{keys.TENSORBOARD_FOLDER}",
            "LocalPath": TENSORBOARD,
        },
        **_tracking(run, recipe),
        "EnableNetworkIsolation": True,
        **settings.network.member,
        **_capacity(recipe, catalogue),
        "Tags": resource_tags(run, settings.stack),
    }


def _tracking(run: Run, recipe: Recipe) -> dict[str, Any]:
    """Return where SageMaker records the job, if the recipe names an MLflow server.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MlflowConfig.html
    """
    if recipe.mlflow is None:
        return {}
    config = {
        "MlflowResourceArn": recipe.mlflow,
        "MlflowExperimentName": run.dataset[:MLFLOW_NAME],
        "MlflowRunName": run.name,
    }
    return {"MlflowConfig": config}


def _mix_channel(run: Run) -> list[dict[str, Any]]:
    if run.mixed is None:
        return []
    rows = f"s3://{run.source.bucket}/{run.mixed}/{keys.split_file('train')}"
    return [_channel("mix", rows)]


def _channel(name: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def _capacity(recipe: Recipe, catalogue: Catalogue) -> dict[str, Any]:
    """Return where the job runs and for how long.

    A spot job has one instance type. On demand, SageMaker uses the first type that is available.
    """
    wanted, seconds = recipe.training, int(cap_hours(recipe, catalogue) * 3600)
    resources: dict[str, Any] = {"InstanceCount": wanted.count, "VolumeSizeInGB": VOLUME_GB}
    stopping: dict[str, Any] = {"MaxRuntimeInSeconds": seconds}
    if wanted.spot or len(wanted.instances) == 1:
        resources["InstanceType"] = wanted.instances[0]
    else:
        resources["InstancePreferences"] = [{"InstanceType": name} for name in wanted.instances]
    if wanted.spot:
        stopping["MaxWaitTimeInSeconds"] = seconds + SPOT_WAIT_SECONDS
    else:
        stopping["MaxPendingTimeInSeconds"] = PENDING_SECONDS
    return {
        "ResourceConfig": resources,
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": wanted.spot,
    }
