"""Processing jobs among the kinds of jobs."""

from localcloud.sagemaker.events import PROCESSING_JOB
from localcloud.sagemaker.jobs.job import JobKind

PROCESSING = JobKind(
    prefix="ProcessingJob",
    words="processing job",
    arn="processing-job",
    log_group="/aws/sagemaker/ProcessingJobs",
    event=PROCESSING_JOB,
    event_members=(
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingJobName",
        "ProcessingResources",
        "StoppingCondition",
        "AppSpecification",
        "Environment",
        "NetworkConfig",
        "RoleArn",
        "ExperimentConfig",
        "ProcessingJobArn",
        "ProcessingJobStatus",
        "ExitMessage",
        "FailureReason",
        "ProcessingEndTime",
        "ProcessingStartTime",
        "LastModifiedTime",
        "CreationTime",
    ),
    listed_members=(
        "ProcessingJobName",
        "ProcessingJobArn",
        "CreationTime",
        "ProcessingEndTime",
        "LastModifiedTime",
        "ProcessingJobStatus",
        "FailureReason",
        "ExitMessage",
    ),
    taken=(
        "Job name must be unique within an AWS account and region, and a job with this name "
        "already exists"
    ),
    missing="Could not find requested job with name: {name}",
)
