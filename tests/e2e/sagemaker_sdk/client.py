"""Drives training and hosting with the SageMaker SDK alone; run by the SDK's own interpreter.

    python client.py '{"name": …, "bucket": …, "role": …, "training_image": …, …}' seen.json

Writes what it saw to the second argument; what the SDK itself shows its user goes to the terminal.
"""

import json
import logging
import sys
from pathlib import Path

# Not where mypy runs: the SDK is in its own environment.
from sagemaker.core.resources import (  # type: ignore[import-not-found]
    Endpoint,
    EndpointConfig,
    Model,
    TrainingJob,
)
from sagemaker.core.shapes import (  # type: ignore[import-not-found]
    AdditionalModelDataSource,
    AlgorithmSpecification,
    Channel,
    ContainerDefinition,
    DataSource,
    MetricDefinition,
    ModelDataSource,
    OutputDataConfig,
    ProductionVariant,
    ResourceConfig,
    S3DataSource,
    S3ModelDataSource,
    StoppingCondition,
)

logging.basicConfig(level=logging.INFO)  # where the SDK puts the log of the job it follows
given = json.loads(sys.argv[1])
NAME, BUCKET, ROLE = given["name"], given["bucket"], given["role"]


def train() -> dict[str, object]:
    """One job to its end, read back and found in the list."""
    job = TrainingJob.create(
        training_job_name=NAME,
        hyper_parameters={"action": "log_metrics"},
        algorithm_specification=AlgorithmSpecification(
            training_image=given["training_image"],
            training_input_mode="File",
            metric_definitions=[MetricDefinition(name="train:loss", regex='"loss": ([0-9.eE+-]+)')],
        ),
        role_arn=ROLE,
        input_data_config=[
            Channel(
                channel_name="train",
                data_source=DataSource(
                    s3_data_source=S3DataSource(
                        s3_data_type="S3Prefix", s3_uri=f"s3://{BUCKET}/data/train.jsonl"
                    )
                ),
            )
        ],
        output_data_config=OutputDataConfig(
            s3_output_path=f"s3://{BUCKET}/out", compression_type="NONE"
        ),
        resource_config=ResourceConfig(
            instance_type="ml.g6.2xlarge", instance_count=1, volume_size_in_gb=30
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=60),
    )
    job.wait(poll=1, timeout=600, logs=True)
    job.refresh()
    metric = job.final_metric_data_list[0]
    return {
        "status": job.training_job_status,
        "artifact": job.model_artifacts.s3_model_artifacts,
        "metric": [metric.metric_name, metric.value],
        "listed": [item.training_job_name for item in TrainingJob.get_all(name_contains=NAME)],
    }


def fail() -> str:
    """A job whose program fails: what the SDK tells its user."""
    source = TrainingJob.get(NAME)
    job = TrainingJob.create(
        training_job_name=f"{NAME}-fails",
        hyper_parameters={"action": "fail"},
        algorithm_specification=source.algorithm_specification,
        role_arn=ROLE,
        output_data_config=source.output_data_config,
        resource_config=source.resource_config,
        stopping_condition=source.stopping_condition,
    )
    try:
        job.wait(poll=1, timeout=600)
    except Exception as error:  # noqa: BLE001  # the SDK's own class is what the test looks at
        return f"{type(error).__name__}: {error}"
    return "no error"


def model_data(key: str) -> S3ModelDataSource:
    return S3ModelDataSource(
        s3_uri=f"s3://{BUCKET}/{key}", s3_data_type="S3Prefix", compression_type="None"
    )


def serve() -> dict[str, object]:
    """Model, configuration, endpoint, one invocation, and all of it deleted."""
    model = Model.create(
        model_name=NAME,
        primary_container=ContainerDefinition(
            image=given["serving_image"],
            model_data_source=ModelDataSource(s3_data_source=model_data("weights/")),
            additional_model_data_sources=[
                AdditionalModelDataSource(
                    channel_name="tuned", s3_data_source=model_data("adapter/")
                )
            ],
            environment={"SM_VLLM_SERVED_MODEL_NAME": "base"},
        ),
        execution_role_arn=ROLE,
    )
    config = EndpointConfig.create(
        endpoint_config_name=NAME,
        production_variants=[
            ProductionVariant(
                variant_name="AllTraffic",
                model_name=NAME,
                initial_instance_count=1,
                instance_type="ml.g6.xlarge",
            )
        ],
    )
    endpoint = Endpoint.create(endpoint_name=NAME, endpoint_config_name=NAME)
    endpoint.wait_for_status("InService", poll=1, timeout=600)
    answer = endpoint.invoke(body=json.dumps({}), content_type="application/json")
    files = sorted(json.loads(answer.body.read())["files"])
    endpoint.delete()
    endpoint.wait_for_delete(poll=1, timeout=600)
    config.delete()
    model.delete()
    return {
        "variant": answer.invoked_production_variant,
        "files": files,
        "left": len(list(Model.get_all(name_contains=NAME)))
        + len(list(Endpoint.get_all(name_contains=NAME))),
    }


seen = {"train": train(), "fail": fail(), "serve": serve()}
Path(sys.argv[2]).write_text(json.dumps(seen))
