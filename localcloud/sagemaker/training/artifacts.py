"""Uploads what a training program wrote to S3, as OutputDataConfig asks for it."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import ContractError
from localcloud.sagemaker.storage import S3Location, TransferError, files_below

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.sagemaker.storage import ObjectStore
    from localcloud.sagemaker.training.folders import TrainingFolders


class ArtifactUpload:
    """Writes below `<S3OutputPath>/<job>/output/`; raises ContractError when S3 refuses."""

    def __init__(self, store: ObjectStore, job: dict[str, Any], folders: TrainingFolders) -> None:
        output = job["OutputDataConfig"]
        self._store = store
        self._folders = folders
        self._plain = output.get("CompressionType", "GZIP") == "NONE"
        self._target = S3Location.parse(output["S3OutputPath"]).folder(
            job["TrainingJobName"], "output"
        )

    def upload_model(self) -> str:
        """Upload the model; return its URI: a prefix with `CompressionType` NONE, else a tar.gz."""
        return str(self._upload(self._folders.model, "model"))

    def upload_output_data(self) -> None:
        """Upload what the program wrote to output/data; called after a failure, too."""
        self._upload(self._folders.output_data, "data" if self._plain else "output")

    def _upload(self, folder: Path, name: str) -> S3Location:
        try:
            return self._upload_plain(folder, name) if self._plain else self._pack(folder, name)
        except TransferError as error:
            raise ContractError(f"ClientError: Artifact upload failed:{error}") from error

    def _upload_plain(self, folder: Path, name: str) -> S3Location:
        target = self._target.folder(name)
        self._store.upload_folder(folder, target)
        return target

    def _pack(self, folder: Path, name: str) -> S3Location:
        target = self._target.object(f"{name}.tar.gz")
        if any(files_below(folder)):
            archive = self._folders.root / f"{name}.tar.gz"
            with tarfile.open(archive, "w:gz") as tar:
                for entry in sorted(folder.iterdir()):
                    tar.add(entry, arcname=entry.name)
            self._store.upload(archive, target)
        return target
