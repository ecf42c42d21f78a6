"""Downloads the input channels: objects in S3 become files that the program reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.storage import ObjectStore, S3Location, TransferError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.training.folders import TrainingFolders


def download_channels(
    store: ObjectStore,
    job: dict[str, Any],
    folders: TrainingFolders,
    may_go_on: Callable[[], bool],
) -> None:
    """Download every channel; raises ContractError when one is empty or S3 refuses."""
    for channel in job.get("InputDataConfig") or []:
        location = S3Location.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        try:
            found = store.download_prefix(
                location, folders.channel(channel["ChannelName"]), may_go_on
            )
        except TransferError as error:
            raise ContractError(
                f"ClientError: Data download failed:Failed to download {location}: {error}"
            ) from error
        if not found:
            raise ContractError(
                f'ClientError: Data download failed:No S3 objects found under S3 URL "{location}" '
                "given in input data source. Please ensure that the bucket exists in the selected "
                "region, that objects exist under that S3 prefix, and that the role "
                f'"{job["RoleArn"]}" has "s3:ListBucket" permissions on bucket '
                f'"{location.bucket}".'
            )
