"""Copy a model's files into the data bucket, one at a time, and write its manifest last.

models/<id>/<revision>/<files>
models/<id>/<revision>/manifest.json    its presence says that all files are there
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from fetching.description import described, elements
from fetching.errors import FetchError
from fetching.selection import CONFIG, INDEX, SUFFIX, wanted
from fetching.source import Listing, RemoteFile, Source

MANIFEST = "manifest.json"
VERSION = 2
# No instance with one GPU trains a model of this size; the recipe of whoever may drop a file names
# the model, and storage is billed.
LARGEST_MODEL = 200 * 1000**3  # Bytes.


class Target(NamedTuple):
    """Where a model goes: the bucket, the prefix with its slash, and the names of the manifest."""

    bucket: str
    prefix: str
    model_id: str
    revision: str


class Copying:
    """One model on its way from a source into the bucket.

    Args:
        s3: a boto3 client that may read, write and delete below the prefix.
        source: where the model comes from.
        target: where it goes.
        scratch: an empty folder; it holds one file at a time.
        tell: called with the name, size and digest of each file that was copied.
    """

    def __init__(
        self, s3: Any, source: Source, target: Target, scratch: Path, tell: Callable[..., None]
    ) -> None:
        self._s3 = s3
        self._source = source
        self._target = target
        self._scratch = scratch
        self._tell = tell
        self._read: dict[str, Any] = {}
        self._numbers: Counter[str] = Counter()

    def run(self) -> bool:
        """Copy the model; False if the bucket has it already.

        Raises FetchError if the source has no model that can be used.
        """
        if self._is_there():
            return False
        listing = self._source.listing()
        names = wanted(listing.files, self._source.place, lambda name: self._json(name, listing))
        files = [listing.files[name] for name in names]
        self._refuse_too_large(files)
        try:
            entries = [self._copy(file) for file in files]
        except FetchError:
            self._remove_others(set())
            raise
        self._remove_others({*names, MANIFEST})
        self._write_manifest(entries, listing)
        return True

    def _refuse_too_large(self, files: list[RemoteFile]) -> None:
        size = sum(file.size or 0 for file in files)
        if size > LARGEST_MODEL:
            raise FetchError(
                f"{self._source.place} has {size / 1000**3:,.0f} GB, and models of more than "
                f"{LARGEST_MODEL // 1000**3} GB are not fetched.",
                "Name a smaller model as base_model, then drop the file again.",
            )

    def _json(self, name: str, listing: Listing) -> Any:
        path, _ = self._source.download(listing.files[name], self._scratch)
        return self._parsed(path)

    def _parsed(self, path: Path) -> Any:
        try:
            return json.loads(path.read_bytes())
        except ValueError:
            raise FetchError(
                f"{path.name} of {self._source.place} is not JSON.",
                "Name a sound model as base_model, then drop the file again.",
            ) from None

    def _copy(self, file: RemoteFile) -> dict[str, Any]:
        """Copy one file and return its entry in the manifest."""
        free = shutil.disk_usage(self._scratch).free
        if file.size is not None and file.size > free:
            raise FetchError(
                f"{file.name} of {self._source.place} has {file.size:,} bytes, and the disk of the "
                f"job that fetches it has {free:,} left.",
                "Name a model whose weights are in smaller files, then drop the file again.",
            )
        path, digest = self._source.download(file, self._scratch)
        if file.name in (CONFIG, INDEX):
            self._read[file.name] = self._parsed(path)
        if file.name.endswith(SUFFIX):
            self._numbers += elements(path)
        entry = {"name": file.name, "size": path.stat().st_size, "sha256": digest}
        self._s3.upload_file(str(path), self._target.bucket, self._target.prefix + file.name)
        path.unlink()
        self._tell(event="copied", **entry)
        return entry

    def _remove_others(self, names: set[str]) -> None:
        """Remove all but these: the model would be loaded with what an earlier try left, too."""
        target = self._target
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=target.bucket, Prefix=target.prefix):
            for item in page.get("Contents", []):
                if item["Key"].removeprefix(target.prefix) not in names:
                    self._s3.delete_object(Bucket=target.bucket, Key=item["Key"])

    def _write_manifest(self, entries: list[dict[str, Any]], listing: Listing) -> None:
        target = self._target
        manifest = {
            "version": VERSION,
            "id": target.model_id,
            "revision": target.revision,
            "source": self._source.place,
            "commit": listing.commit,
            **described(self._read[CONFIG], self._numbers),
            "files": entries,
        }
        body = json.dumps(manifest, indent=2).encode() + b"\n"
        key = target.prefix + MANIFEST
        self._s3.put_object(
            Bucket=target.bucket, Key=key, Body=body, ContentType="application/json"
        )

    def _is_there(self) -> bool:
        key = self._target.prefix + MANIFEST
        try:
            self._s3.head_object(Bucket=self._target.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
        return True
