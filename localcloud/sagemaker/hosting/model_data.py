"""Downloads model data from S3 to the folders that the serving program reads.

Source: API reference of ContainerDefinition, ModelDataSource and AdditionalModelDataSource.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.storage import ObjectStore, S3Location, TransferError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "model"
ADDITIONAL = "additional-model-data-sources"


def download_model_data(
    store: ObjectStore, container: dict[str, Any], root: Path, may_go_on: Callable[[], bool]
) -> None:
    """Fill `<root>/model` and `<root>/additional-model-data-sources/<channel>`.

    Raises ContractError with AWS's message when S3 refuses or has no object there.
    """
    (root / MODEL).mkdir(parents=True)
    if url := container.get("ModelDataUrl"):
        _fetch(store, _archive(url), root / MODEL, may_go_on)
    if source := container.get("ModelDataSource"):
        _fetch(store, source["S3DataSource"], root / MODEL, may_go_on)
    for entry in container.get("AdditionalModelDataSources") or []:
        folder = root / ADDITIONAL / entry["ChannelName"]
        _fetch(store, entry["S3DataSource"], folder, may_go_on)


def _archive(url: str) -> dict[str, str]:
    """Convert ModelDataUrl, the older member, to an S3DataSource."""
    return {"S3Uri": url, "S3DataType": "S3Object", "CompressionType": "Gzip"}


def _fetch(
    store: ObjectStore, source: dict[str, str], folder: Path, may_go_on: Callable[[], bool]
) -> None:
    try:
        found = _download(store, source, folder, may_go_on)
    except (TransferError, tarfile.TarError, ValueError) as error:
        raise ContractError(f"{_words(source['S3Uri'])} ({error})") from error
    if not found:
        raise ContractError(_words(source["S3Uri"]))


def _download(
    store: ObjectStore, source: dict[str, str], folder: Path, may_go_on: Callable[[], bool]
) -> int:
    location = S3Location.parse(source["S3Uri"])
    if source["S3DataType"] == "S3Prefix":
        return store.download_prefix(location, folder, may_go_on)
    file = folder / location.key.rsplit("/", 1)[-1]
    store.download(location, file)
    if source["CompressionType"] == "Gzip":
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        file.unlink()
    return 1


def _words(uri: str) -> str:
    return (
        f'Failed to download model data for container "container_1" from URL: "{uri}". Please '
        "ensure that there is an object located at the URL and that the role passed to CreateModel "
        "has permissions to download the object."
    )
