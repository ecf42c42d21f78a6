"""Put the adapters together. The stages receive them as arguments, so tests can pass others."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from tunedrop.aws.bucket import Bucket
from tunedrop.aws.clients import client, credentials
from tunedrop.aws.image_builds import CodeBuild
from tunedrop.aws.job_logs import JobLogs
from tunedrop.aws.jobs_only import JobsOnly
from tunedrop.aws.measures import Measures
from tunedrop.aws.messages import LambdaFunctions, Topic
from tunedrop.aws.quotas import ServiceQuotas
from tunedrop.aws.sagemaker import SageMakerService
from tunedrop.aws.stack import CustomResource, TaggedResources, put
from tunedrop.aws.stack import stack_status as read_stack_status
from tunedrop.jobs.processing_job import MAX_SECONDS
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.step import Invocation, Step
from tunedrop.ports.services import Inference
from tunedrop.runs.repository import Runs
from tunedrop.settings import BucketSettings, EndingSettings, ImageSettings


def runs(settings: BucketSettings) -> Runs:
    """Return the repository of runs in the stack's bucket."""
    return Runs(Bucket(client("s3"), settings.data_bucket))


def step(settings: BucketSettings, context: Any) -> Step:
    """Return what a function needs to work on a run during one invocation."""
    return Step(
        runs=runs(settings),
        sagemaker=SageMakerService(client("sagemaker")),
        invocation=Invocation(
            context.aws_request_id, context.get_remaining_time_in_millis() / 1000, uuid4().hex
        ),
    )


def prepare_step(settings: BucketSettings, context: Any) -> Step:
    """Return what `prepare` needs, without endpoints."""
    whole = step(settings, context)
    return replace(whole, sagemaker=JobsOnly(whole.sagemaker))


def job_step(settings: BucketSettings, job: str) -> Step:
    """Return what a processing job needs; its lease lasts until the job's time limit."""
    return Step(
        runs=runs(settings),
        sagemaker=JobsOnly(SageMakerService(client("sagemaker"))),
        invocation=Invocation(job, MAX_SECONDS, uuid4().hex),
    )


def ending(settings: EndingSettings) -> Ending:
    """Return what is needed to end a run."""
    return Ending(
        runs=runs(settings),
        sagemaker=SageMakerService(client("sagemaker")),
        mail=Topic(client("sns"), settings.report_topic_arn),
        measures=Measures(settings.stack_name),
        region=settings.aws_region,
    )


def inference() -> Inference:
    """Return the client that asks endpoints. Only `evaluate` spends the time of its imports."""
    from tunedrop.aws.inference import EndpointInference  # noqa: PLC0415

    return EndpointInference(client("sagemaker-runtime"), credentials())


def functions(names: Mapping[str, str]) -> LambdaFunctions:
    """Return the application's functions; `names` leads from stage to function name."""
    return LambdaFunctions(client("lambda"), names)


def custom_resource(event: Mapping[str, Any]) -> CustomResource:
    """Return what answers a request of CloudFormation when the stack is deleted."""
    return CustomResource(event, put, "tunedrop-clean-up")


def image_answers(request: Mapping[str, Any]) -> CustomResource:
    """Return what answers a request of CloudFormation for the training image."""
    return CustomResource(request, put, "tunedrop-training-image")


def image_builds(settings: ImageSettings) -> CodeBuild:
    """Return what builds the training image, and finds those that exist."""
    return CodeBuild(
        client("codebuild"),
        client("ecr"),
        client("logs"),
        settings.image_build_project,
        settings.image_repository_uri,
    )


def stack_resources(stack: str) -> TaggedResources:
    """Return everything in SageMaker that carries the stack's tag."""
    return TaggedResources(client("sagemaker"), stack)


def job_logs(days: int) -> JobLogs:
    """Return SageMaker's log groups; lines are kept for so many days."""
    return JobLogs(client("logs"), client("sagemaker"), days)


def quotas() -> ServiceQuotas:
    """Return the account's quotas of SageMaker."""
    return ServiceQuotas(client("service-quotas"))


def stack_status(stack_id: str) -> str:
    """Return the stack's status in CloudFormation."""
    return read_stack_status(client("cloudformation"), stack_id)
