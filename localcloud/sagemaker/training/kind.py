"""Training jobs among the kinds of jobs."""

from localcloud.sagemaker.events import TRAINING_JOB
from localcloud.sagemaker.jobs.job import JobKind

TRAINING = JobKind(
    prefix="TrainingJob",
    words="training job",
    arn="training-job",
    log_group="/aws/sagemaker/TrainingJobs",
    event=TRAINING_JOB,
    # No ModelArtifacts, for which the reader asks DescribeTrainingJob.
    event_members=(
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "SecondaryStatus",
        "FailureReason",
        "HyperParameters",
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
        "VpcConfig",
        "StoppingCondition",
        "CreationTime",
        "TrainingStartTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "SecondaryStatusTransitions",
    ),
    listed_members=(
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    ),
    taken=(
        "Training job names must be unique within an AWS account and region, and a training job "
        "with this name already exists"
    ),
    missing="Requested resource not found.",
)
