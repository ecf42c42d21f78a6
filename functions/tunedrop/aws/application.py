"""Where the real parts are put together; the stages take them as arguments."""

from typing import Any

from tunedrop.aws.bucket import Bucket
from tunedrop.aws.clients import client
from tunedrop.aws.messages import Topic
from tunedrop.aws.sagemaker import SageMakerService
from tunedrop.processing import MAX_SECONDS
from tunedrop.runs import Runs
from tunedrop.settings import BucketSettings, EndingSettings
from tunedrop.stages.ending import Ending
from tunedrop.stages.step import Invocation, Step


def runs(settings: BucketSettings) -> Runs:
    """Return the runs of the stack's bucket."""
    return Runs(Bucket(client("s3"), settings.data_bucket))


def step(settings: BucketSettings, context: Any) -> Step:
    """Return what a function works with during one invocation."""
    return Step(
        runs=runs(settings),
        sagemaker=SageMakerService(client("sagemaker")),
        invocation=Invocation(
            context.aws_request_id, context.get_remaining_time_in_millis() / 1000
        ),
    )


def job_step(settings: BucketSettings, job: str) -> Step:
    """Return what a processing job works with: it has the run until its time limit."""
    return Step(
        runs=runs(settings),
        sagemaker=SageMakerService(client("sagemaker")),
        invocation=Invocation(job, MAX_SECONDS),
    )


def ending(settings: EndingSettings) -> Ending:
    """Return what it takes to end a run."""
    return Ending(
        runs=runs(settings),
        sagemaker=SageMakerService(client("sagemaker")),
        mail=Topic(client("sns"), settings.report_topic_arn),
        region=settings.aws_region,
    )
