"""Drops a dataset into the bucket, as `aws s3 cp` would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.stack.model_choice import RECIPE

if TYPE_CHECKING:
    from pathlib import Path

RERUN_METADATA = {"tunedrop-rerun": "true"}
"""Asks the product for a new run of content that it knows already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """An uploaded file."""

    dataset: str
    key: str
    version_id: str
    etag: str
    size: int
    rerun: bool
    """Whether the upload asks for a new run, even of the same content."""
    run_before: str | None
    """The id of the run that was current before the upload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DropFiles:
    """The files to drop, and whether they ask for a new run."""

    dataset: str
    file: Path
    recipe: Path | None
    rerun: bool


def drop(s3: Any, bucket: str, files: DropFiles, run_before: str | None) -> Drop:
    """Upload the recipe, when one is given, and then the file."""
    dataset, file = files.dataset, files.file
    if files.recipe:
        s3.upload_file(str(files.recipe), bucket, f"datasets/{dataset}/{RECIPE}")
    key = f"datasets/{dataset}/{file.name}"
    extra = {"Metadata": RERUN_METADATA} if files.rerun else {}
    s3.upload_file(str(file), bucket, key, ExtraArgs=extra)
    head = s3.head_object(Bucket=bucket, Key=key)
    return Drop(
        dataset=dataset,
        key=key,
        version_id=head["VersionId"],
        etag=head["ETag"].strip('"'),
        size=head["ContentLength"],
        rerun=files.rerun,
        run_before=run_before,
    )
