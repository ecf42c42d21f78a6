"""Reads a run's documents in the bucket, as plain JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]
STAGES = ("prepare", "train", "deploy", "evaluate")
"""The stages that run.json names, in order."""
UNTIL = {"prepared": "prepare", "trained": "train", "deployed": "deploy", "evaluated": "evaluate"}
"""By value of `--until`: the stage after which following a run stops."""
CHECKPOINTS = "checkpoints/"
"""Only a resumed job reads checkpoints, and each has the size of the adapter and its optimizer."""
DEFAULTS: Document = {"stage": "prepare", "status": "running", "attempt": 1}
"""The values that the product leaves out when it writes run.json."""


class RunDocuments:
    """Reads what the product writes below runs/ of one bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def read(self, key: str) -> Document | None:
        """A document, or None when it does not exist."""
        try:
            body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        document: Document = json.loads(body)
        return document

    def current(self, dataset: str) -> Document | None:
        """The pointer of a dataset, which names its current run."""
        return self.read(f"runs/{dataset}/current.json")

    def run(self, dataset: str, run: str) -> Document | None:
        """run.json, completed with DEFAULTS."""
        document = self.read(f"runs/{dataset}/{run}/run.json")
        return DEFAULTS | document if document else None

    def email(self, run: Document) -> Document | None:
        """The announcement of the run's present attempt, or of its question while it asks."""
        name = f"{run['attempt']}-question" if run["status"] == "asking" else run["attempt"]
        return self.read(f"runs/{run['dataset']}/{run['run']}/email/{name}.json")

    def copy_run(self, dataset: str, run: str, target: Path) -> None:
        """Copy the run's folder without its checkpoints; existing files are replaced."""
        prefix = f"runs/{dataset}/{run}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for item in page.get("Contents", []):
                name = item["Key"].removeprefix(prefix)
                if name.startswith(CHECKPOINTS):
                    continue
                path = target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(self.bucket, item["Key"], str(path))

    def remove_checkpoints(self) -> None:
        """Delete the checkpoints, in all versions, of runs that have ended: they are large."""
        ended: dict[str, bool] = {}
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix="runs/"
        )
        for page in pages:
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                folder, is_checkpoint, _ = version["Key"].partition(f"/{CHECKPOINTS}")
                if not is_checkpoint:
                    continue
                if folder not in ended:
                    run = self.read(f"{folder}/run.json")
                    ended[folder] = run is not None and (DEFAULTS | run)["status"] != "running"
                if ended[folder]:
                    which = {"Key": version["Key"], "VersionId": version["VersionId"]}
                    self._s3.delete_object(Bucket=self.bucket, **which)
