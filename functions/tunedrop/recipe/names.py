"""The forms of names in a recipe: base models, instance types, an MLflow server."""

from typing import Annotated

from msgspec import Meta

# A name of dots alone would lead to another folder wherever a key becomes a path.
NAME = r"(?!\.+(?:[/@]|\Z))[A-Za-z0-9._-]+"
HUB_MODEL = rf"{NAME}(/{NAME})?(@{NAME})?"
EARLIER_RUN = r"run:(?!\.+/)[^/\s]+/[A-Za-z0-9]+"
S3_DIRECTORY = rf"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/{NAME})+/?"
ModelId = Annotated[
    str,
    Meta(
        pattern=rf"^({HUB_MODEL}|{S3_DIRECTORY}|{EARLIER_RUN})\Z",
        description="`id`, `id@revision`, `s3://bucket/folder` or `run:dataset/run`",
    ),
]
InstanceType = Annotated[
    str, Meta(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+\Z", description="`ml.<family>.<size>`")
]
MLFLOW_SERVER = r"[a-z0-9-]+:[0-9]{12}:mlflow-(tracking-server|app)/[A-Za-z0-9-]+"
MlflowArn = Annotated[
    str,
    Meta(
        pattern=rf"^arn:aws[a-z-]*:sagemaker:{MLFLOW_SERVER}\Z",
        description="ARN of an MLflow tracking server or app of SageMaker",
    ),
]
Instances = Annotated[tuple[InstanceType, ...], Meta(min_length=1, max_length=5)]
