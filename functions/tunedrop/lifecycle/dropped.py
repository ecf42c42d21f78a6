"""Which dataset a dropped object belongs to, and the source that should be prepared.

datasets/<dataset>/<file>               one file is a source
datasets/<dataset>/<folder>/_SUCCESS    the folder is complete: all its files are one source
datasets/<dataset>/recipe.yaml          a new recipe for the newest source, if there is one
"""

import hashlib
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.run import Part, Source
from tunedrop.errors import DatasetError
from tunedrop.ports.store import MissingError, Store, Upload
from tunedrop.runs.pointer import read_pointer

RECIPE = "recipe.yaml"
COMPLETE = "_SUCCESS"
RERUN = "tunedrop-rerun"  # S3 metadata that requests a new run of the same content.
MAX_PARTS = 1_000  # Files in a dropped folder.
# The longest name of a dataset. File systems have the same limit for a file name, and with it all
# keys of a run stay below the 1,024 bytes that S3 allows.
MAX_NAME_BYTES = 255
DIGEST_LENGTH = 12  # Hex digits of the digest that is added to a name that was cut.


class Drop(NamedTuple):
    """A source to prepare; `rerun` requests a new run even of the same content."""

    dataset: str
    source: Source
    rerun: bool


class DroppedFile:
    """One version of a dropped object, as `tunedrop.dataset` reads it."""

    def __init__(self, store: Store, part: Part) -> None:
        self.store = store
        self.part = part
        self.name = PurePosixPath(part.key).name
        self.size = part.size

    def open(self) -> BinaryIO:
        """Return a new stream from the first byte."""
        return self.store.open(self.part.key, self.part.version_id)


def dataset_of(key: str) -> str | None:
    """Return the dataset that a key below datasets/ belongs to, else None.

    A name too long for the keys of its runs (S3 allows 1,024 bytes) is cut, and a digest is added.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    name = _folder_of(key)
    if name is None or len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST_LENGTH]
    beginning = name.encode()[: MAX_NAME_BYTES - DIGEST_LENGTH - 1].decode(errors="ignore")
    return f"{beginning}-{digest}"


def recipe_key(key: str) -> str:
    """Return the key of the recipe for the data at `key`."""
    return f"{keys.DATASETS}{_folder_of(key)}/{RECIPE}"


def _folder_of(key: str) -> str | None:
    """Return the folder below datasets/, or the name of a file directly in datasets/."""
    parts = PurePosixPath(key.removeprefix(keys.DATASETS)).parts
    if not key.startswith(keys.DATASETS) or not parts or key.endswith("/"):
        return None
    return parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem


def find_drop(key: str, store: Store) -> Drop | str:
    """Return the source that the object at `key` asks to prepare, or why there is none."""
    dataset = dataset_of(key)
    path = PurePosixPath(key.removeprefix(keys.DATASETS)).parts
    if dataset is None or any(_is_hidden(part) for part in path):
        return "not a dataset file"
    if len(path) > 1 and key == recipe_key(key):
        pointer, _ = read_pointer(store, dataset)
        if pointer is None:
            return "a recipe, and no data yet"
        key = pointer.source.key
        path = PurePosixPath(key.removeprefix(keys.DATASETS)).parts
    if len(path) > 2 and path[-1] != COMPLETE:  # noqa: PLR2004 - dataset, folder, file
        return f"part of a folder; it is read when {COMPLETE} is dropped beside it"
    try:
        upload = store.head(key)
    except MissingError:
        return "the file is gone"
    folder = key.removesuffix(COMPLETE) if path[-1] == COMPLETE else None
    source = _folder_source(key, folder, upload, store) if folder else _source(key, upload, store)
    return Drop(dataset, source, upload.metadata.get(RERUN) == "true")


def parts_of(source: Source) -> list[Part]:
    """Return the objects of a source; raises DatasetError when there are none or too many."""
    if source.key.endswith(f"/{COMPLETE}") and not 0 < len(source.parts) <= MAX_PARTS:
        folder = source.key.removesuffix(COMPLETE)
        count = f"more than {MAX_PARTS}" if source.parts else "no"
        raise DatasetError(
            f"The folder {folder} has {count} files.",
            f"Put 1 to {MAX_PARTS} files there, and {COMPLETE} last.",
        )
    whole = Part(source.key, source.version_id, source.checksum, source.size)
    return source.parts or [whole]


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or (part.startswith("_") and part != COMPLETE)


def _source(key: str, upload: Upload, store: Store) -> Source:
    details = msgspec.structs.asdict(upload)
    del details["metadata"]
    return Source(bucket=store.name, key=key, **details)


def _folder_source(key: str, folder: str, complete: Upload, store: Store) -> Source:
    """Describe all files of a folder as one source with a checksum of their contents."""
    parts = []
    for found in islice(store.keys(folder), MAX_PARTS + 2):
        name = found.removeprefix(folder)
        if name and "/" not in name and not name.startswith((".", "_")):
            upload = store.head(found)
            parts.append(Part(found, upload.version_id, upload.checksum, upload.size))
    contents = [(part.key, part.checksum, part.size) for part in parts]
    source = _source(key, complete, store)
    source.parts = parts
    source.size = sum(part.size for part in parts)
    source.checksum = f"parts:{hashlib.sha256(msgspec.json.encode(contents)).hexdigest()}"
    return source
