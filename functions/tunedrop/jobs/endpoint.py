"""The endpoint of a run: one vLLM server that answers as `base` and as `tuned`."""

import json
from typing import Any

import msgspec

from tunedrop.documents.names import tuned_name
from tunedrop.documents.run import Run, resource_tags
from tunedrop.jobs.base_model import model_prefix
from tunedrop.jobs.network import Network
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.schema import Recipe

# Images with CUDA 13 need this host image.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
INFERENCE_AMI = "al2023-ami-sagemaker-inference-gpu-4-1"
VARIANT = "only"  # Name of the endpoint's single variant.
STARTUP_SECONDS = 1_200  # Time that the container may take until it answers /ping.
DOWNLOAD_SECONDS = 1_200  # Time that the download of base weights and adapter may take.
PROVISION_SECONDS = 1_800  # Time that the search for a free instance may take.
ADAPTER = "/opt/ml/additional-model-data-sources/tuned"
TEMPLATE = "/opt/ml/additional-model-data-sources/template"
LOAD_FORMAT = "safetensors"  # Other formats can run code when they are loaded.
LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # The values that vLLM accepts as max_lora_rank.


class HostingSettings(msgspec.Struct):
    """The stack's settings for endpoints."""

    image: str
    role: str
    stack: str
    network: Network = Network()


def model_request(
    run: Run,
    recipe: Recipe,
    trained: Hyperparameters,
    artifact: str,
    settings: HostingSettings,
) -> dict[str, Any]:
    """Return the CreateModel request: the base weights and the adapter, if there is one.

    Args:
        run: names the model.
        recipe: names the base weights and the longest answer.
        trained: with which the adapter was trained; its rank and its longest row count.
        artifact: S3 prefix of the adapter that the training job wrote.
        settings: image, role and stack.
    """
    base = f"s3://{run.source.bucket}/{model_prefix(recipe)}"
    container: dict[str, Any] = {
        "Image": settings.image,
        "ModelDataSource": {"S3DataSource": _prefix(base)},
    }
    if recipe.method == "full":
        container["Environment"] = {
            **plain_environment(recipe, trained, "base"),
            # The template of the training. A base model may have none of its own.
            "SM_VLLM_CHAT_TEMPLATE": f"{TEMPLATE}/chat_template.jinja",
        }
        container["AdditionalModelDataSources"] = [
            {"ChannelName": "template", "S3DataSource": _prefix(f"{artifact.rstrip('/')}/template")}
        ]
    else:
        container["Environment"] = server_environment(recipe, trained)
        container["AdditionalModelDataSources"] = [
            {"ChannelName": "tuned", "S3DataSource": _prefix(artifact)}
        ]
    return _model(run.name, container, run, settings)


def tuned_model_request(
    run: Run,
    recipe: Recipe,
    trained: Hyperparameters,
    artifact: str,
    settings: HostingSettings,
) -> dict[str, Any]:
    """Return the CreateModel request of fully tuned weights, which replace the base weights."""
    container = {
        "Image": settings.image,
        "ModelDataSource": {"S3DataSource": _prefix(artifact)},
        "Environment": plain_environment(recipe, trained, "tuned"),
    }
    return _model(tuned_name(run.name), container, run, settings)


def _model(
    name: str, container: dict[str, Any], run: Run, settings: HostingSettings
) -> dict[str, Any]:
    return {
        "ModelName": name,
        "ExecutionRoleArn": settings.role,
        "EnableNetworkIsolation": True,
        **settings.network.member,
        "PrimaryContainer": container,
        "Tags": resource_tags(run, settings.stack),
    }


def plain_environment(recipe: Recipe, trained: Hyperparameters, name: str) -> dict[str, str]:
    """Return the settings of a server of one model without adapters, which answers as `name`."""
    return {
        "SM_VLLM_SERVED_MODEL_NAME": name,
        "SM_VLLM_LOAD_FORMAT": LOAD_FORMAT,
        "SM_VLLM_MAX_MODEL_LEN": _longest(recipe, trained),
    }


def _longest(recipe: Recipe, trained: Hyperparameters) -> str:
    return str(trained.max_length + recipe.generation.answer_tokens)


def server_environment(recipe: Recipe, trained: Hyperparameters) -> dict[str, str]:
    """Return the server's settings: `SM_VLLM_<FLAG>` becomes `--flag` of `vllm serve`.

    The adapter is named by a JSON object, because images of before August 2026 hand an array over
    in one piece, which vLLM refuses.
    """
    rank = next(r for r in LORA_RANKS if r >= trained.lora_rank)
    return {
        "SM_VLLM_SERVED_MODEL_NAME": "base",
        "SM_VLLM_LOAD_FORMAT": LOAD_FORMAT,
        "SM_VLLM_ENABLE_LORA": "true",
        "SM_VLLM_MAX_LORA_RANK": str(rank),
        "SM_VLLM_LORA_MODULES": json.dumps({"name": "tuned", "path": ADAPTER}),
        # The template of the training. A base model may have none of its own.
        "SM_VLLM_CHAT_TEMPLATE": f"{ADAPTER}/chat_template.jinja",
        "SM_VLLM_MAX_MODEL_LEN": _longest(recipe, trained),
    }


def endpoint_config_request(
    run: Run, recipe: Recipe, settings: HostingSettings, name: str | None = None
) -> dict[str, Any]:
    """Return the CreateEndpointConfig request: one variant, instance types in order.

    `name` is that of the config and its model; by default the run's.
    """
    instances, name = recipe.deploy.instances, name or run.name
    variant: dict[str, Any] = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InferenceAmiVersion": INFERENCE_AMI,
        "ContainerStartupHealthCheckTimeoutInSeconds": STARTUP_SECONDS,
        "ModelDataDownloadTimeoutInSeconds": DOWNLOAD_SECONDS,
    }
    if len(instances) == 1:
        variant["InstanceType"] = instances[0]
    else:
        variant["InstancePools"] = [
            {"InstanceType": name, "Priority": place}
            for place, name in enumerate(instances, start=1)
        ]
        variant["VariantInstanceProvisionTimeoutInSeconds"] = PROVISION_SECONDS
    return {
        "EndpointConfigName": name,
        "ProductionVariants": [variant],
        "Tags": resource_tags(run, settings.stack),
    }


def endpoint_request(run: Run, settings: HostingSettings) -> dict[str, Any]:
    """Return the CreateEndpoint request."""
    return {
        "EndpointName": run.name,
        "EndpointConfigName": run.name,
        "Tags": resource_tags(run, settings.stack),
    }


def _prefix(uri: str) -> dict[str, str]:
    slashed = uri.rstrip("/") + "/"
    return {"S3Uri": slashed, "S3DataType": "S3Prefix", "CompressionType": "None"}
