"""Uses training and hosting through the SageMaker SDK; the SDK's own interpreter runs it.

    python client.py '{"name": …, "bucket": …, "role": …, "training_image": …, …}' seen.json

It writes what it saw to the second argument; the SDK's own output goes to the terminal.
"""

import json
import logging
import sys
from pathlib import Path

# mypy does not find the SDK, which is in an environment of its own.
from sagemaker.core.resources import (  # type: ignore[import-not-found]
    Endpoint,
    EndpointConfig,
    HyperParameterTuningJob,
    Model,
    TrainingJob,
)
from sagemaker.core.shapes import (  # type: ignore[import-not-found]
    AdditionalModelDataSource,
    AlgorithmSpecification,
    Channel,
    ContainerDefinition,
    ContinuousParameterRange,
    DataSource,
    HyperParameterAlgorithmSpecification,
    HyperParameterTrainingJobDefinition,
    HyperParameterTuningJobConfig,
    HyperParameterTuningJobObjective,
    MetricDefinition,
    ModelDataSource,
    OutputDataConfig,
    ParameterRanges,
    ProductionVariant,
    ResourceConfig,
    ResourceLimits,
    S3DataSource,
    S3ModelDataSource,
    StoppingCondition,
)

logging.basicConfig(level=logging.INFO)  # the SDK logs the lines of the job that it follows
given = json.loads(sys.argv[1])
NAME, BUCKET, ROLE = given["name"], given["bucket"], given["role"]


def train() -> dict[str, object]:
    """Run a job to its end, read it back and find it in the list."""
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
    """Run a job whose program fails; return the SDK's error."""
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
    except Exception as error:  # noqa: BLE001  # the test checks the SDK's class
        return f"{type(error).__name__}: {error}"
    return "no error"


def tune() -> dict[str, object]:
    """Run a tuning job of three trials to its end, and read its trials."""
    source = TrainingJob.get(NAME)
    rate = ContinuousParameterRange(
        name="rate", min_value="0.001", max_value="1", scaling_type="Logarithmic"
    )
    job = HyperParameterTuningJob.create(
        hyper_parameter_tuning_job_name=NAME,
        hyper_parameter_tuning_job_config=HyperParameterTuningJobConfig(
            strategy="Bayesian",
            hyper_parameter_tuning_job_objective=HyperParameterTuningJobObjective(
                type="Minimize", metric_name="train:loss"
            ),
            resource_limits=ResourceLimits(
                max_number_of_training_jobs=3, max_parallel_training_jobs=2
            ),
            parameter_ranges=ParameterRanges(continuous_parameter_ranges=[rate]),
        ),
        training_job_definition=HyperParameterTrainingJobDefinition(
            static_hyper_parameters={"action": "try_rate"},
            algorithm_specification=HyperParameterAlgorithmSpecification(
                training_image=given["training_image"],
                training_input_mode="File",
                metric_definitions=source.algorithm_specification.metric_definitions,
            ),
            role_arn=ROLE,
            output_data_config=source.output_data_config,
            resource_config=source.resource_config,
            stopping_condition=source.stopping_condition,
        ),
    )
    job.wait(poll=1, timeout=600)
    job.refresh()
    losses = {
        trial.training_job_name: trial.final_hyper_parameter_tuning_job_objective_metric.value
        for trial in job.get_all_training_jobs()
    }
    return {
        "status": job.hyper_parameter_tuning_job_status,
        "trials": len(losses),
        "best_is_lowest": job.best_training_job.training_job_name
        == min(losses, key=losses.__getitem__),
    }


def model_data(key: str) -> S3ModelDataSource:
    return S3ModelDataSource(
        s3_uri=f"s3://{BUCKET}/{key}", s3_data_type="S3Prefix", compression_type="None"
    )


def serving_container() -> ContainerDefinition:
    tuned = AdditionalModelDataSource(channel_name="tuned", s3_data_source=model_data("adapter/"))
    return ContainerDefinition(
        image=given["serving_image"],
        model_data_source=ModelDataSource(s3_data_source=model_data("weights/")),
        additional_model_data_sources=[tuned],
        environment={"SM_VLLM_SERVED_MODEL_NAME": "base"},
    )


def serve() -> dict[str, object]:
    """Create a model, a configuration and an endpoint, invoke it once, and delete them."""
    model = Model.create(
        model_name=NAME,
        primary_container=serving_container(),
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


seen = {"train": train(), "fail": fail(), "tune": tune(), "serve": serve()}
Path(sys.argv[2]).write_text(json.dumps(seen))
