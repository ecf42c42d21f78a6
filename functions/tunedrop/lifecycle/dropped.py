"""Which dataset a dropped object belongs to, and the source that should be prepared.

datasets/<dataset>/<file>               one file is a source
datasets/<dataset>/<folder>/_SUCCESS    the folder is complete: all its files are one source
datasets/<dataset>/recipe.yaml          a new recipe for the newest source, if there is one
                                        (recipe.yml and recipe.json too, in any letter case)
datasets/<dataset>/cancel               no source: it ends the run (see `cancelling`)
"""

import hashlib
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.characters import HIDDEN
from tunedrop.documents.run import Part, Source
from tunedrop.errors import DatasetError
from tunedrop.events import Completion
from tunedrop.ports.store import MissingError, Store, Upload
from tunedrop.runs.pointer import read_pointer

RECIPE = "recipe.yaml"
_RECIPES = frozenset((RECIPE, "recipe.yml", "recipe.json"))
_BEGINNINGS = ("recipe.", "Recipe.", "RECIPE.")  # Of the names that are looked for in the bucket.
CANCEL = "cancel"
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

    The name becomes one folder below runs/. A name with control characters gets others instead,
    and one too long for the keys of its runs (S3 allows 1,024 bytes) is cut; a digest tells both
    apart from other names.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    name = _folder_of(key)
    if name is None:
        return None
    sound = HIDDEN.sub("-", name)
    if sound == name and len(name.encode()) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST_LENGTH]
    beginning = sound.encode()[: MAX_NAME_BYTES - DIGEST_LENGTH - 1].decode(errors="ignore")
    return f"{beginning}-{digest}"


def starts_run(key: str) -> bool:
    """Return whether an upload to this key starts a run: a file, _SUCCESS or the recipe."""
    path = _path(key)
    if len(path) == 2 and (is_recipe(path[1]) or path[1] == CANCEL):  # noqa: PLR2004
        return path[1] != CANCEL and key == f"{keys.DATASETS}{path[0]}/{path[1]}"
    return bool(path) and (len(path) <= 2 or path[-1] == COMPLETE)  # noqa: PLR2004


def recipe_key(key: str) -> str:
    """Return the key at which the recipe for the data at `key` belongs."""
    return f"{keys.DATASETS}{_folder_of(key)}/{RECIPE}"


def cancel_key(key: str) -> str:
    """Return the key of the object that cancels the run of the data at `key`."""
    return f"{keys.DATASETS}{_folder_of(key)}/{CANCEL}"


def is_cancel(key: str) -> bool:
    """Return whether the object at `key` cancels the run of its dataset."""
    return dataset_of(key) is not None and key == cancel_key(key)


def _folder_of(key: str) -> str | None:
    """Return the folder below datasets/, or the name of a file directly in datasets/."""
    path = _path(key)
    if not path:
        return None
    return path[0] if len(path) > 1 else PurePosixPath(path[0]).stem


def _path(key: str) -> list[str]:
    """Return the folders and the file below datasets/; empty when the key is not a dataset's file.

    S3 takes a key as it is, but people read it as a path: an empty folder name and "." count for
    nothing. A key with ".." belongs to no dataset, nor does one with a hidden name.
    """
    if not key.startswith(keys.DATASETS) or key.endswith("/"):
        return []
    path = [name for name in key.removeprefix(keys.DATASETS).split("/") if name not in ("", ".")]
    named = path[:-1] if len(path) > 1 and path[-1] == COMPLETE else path
    return [] if any(name.startswith((".", "_")) for name in named) else path


def find_drop(key: str, store: Store, completed: Completion | None = None) -> Drop | str:
    """Return the source that the object at `key` asks to prepare, or why there is none.

    The source's time is that of the end of its upload, as far as it is known: `completed`, or what
    the pointer says of the same upload. Otherwise it is S3's Last-Modified.
    """
    dataset, path = dataset_of(key), _path(key)
    if dataset is None:
        return "not a dataset file: it ends in a slash, or a name begins with . or _"
    if reason := _why_unread(key, path):
        return reason
    if len(path) == 2 and is_recipe(path[1]):  # noqa: PLR2004 - dataset, file
        pointer, _ = read_pointer(store, dataset)
        if pointer is None:
            return "a recipe, and no data yet"
        key = pointer.source.key
        path = _path(key)
        completed = Completion(pointer.source.etag, pointer.source.modified)
    try:
        upload = store.head(key)
    except MissingError:
        return "the file is gone"
    if completed and completed.etag == upload.etag:
        upload.modified = max(upload.modified, completed.moment)
    folder = key.removesuffix(COMPLETE) if path[-1] == COMPLETE else None
    source = _folder_source(key, folder, upload, store) if folder else _source(key, upload, store)
    return Drop(dataset, source, upload.metadata.get(RERUN) == "true")


def _why_unread(key: str, path: list[str]) -> str | None:
    """Return why the key of an object alone says that nothing is read because of it."""
    name = path[1] if len(path) == 2 else ""  # noqa: PLR2004 - dataset, file
    if name == CANCEL:  # `is_cancel` is false: the key is spelled in another way.
        return f"{CANCEL} is read from {cancel_key(key)} only"
    if is_recipe(name) and key != f"{keys.DATASETS}{path[0]}/{name}":
        return f"a recipe is read from {recipe_key(key)} only"
    if len(path) > 2 and path[-1] != COMPLETE:  # noqa: PLR2004 - dataset, folder, file
        return f"part of a folder; it is read when {COMPLETE} is dropped beside it"
    return None


def recipe_keys(key: str, store: Store) -> list[str]:
    """Return the keys of all recipes for the data at `key`; there should be one at most."""
    folder = f"{keys.DATASETS}{_folder_of(key)}/"
    found = {
        each
        for beginning in _BEGINNINGS
        for each in store.keys(folder + beginning)
        if is_recipe(each.removeprefix(folder))
    }
    return sorted(found)


def is_recipe(name: str) -> bool:
    """Whether a file of this name is a recipe."""
    return name.lower() in _RECIPES


def parts_of(source: Source) -> list[Part]:
    """Return the objects of a source; raises DatasetError when there are none or too many."""
    if is_recipe(PurePosixPath(source.key).name):
        raise DatasetError(
            f"{source.key} is a recipe, and no dataset is named there.",
            f"Put it beside its data: {keys.DATASETS}<dataset>/{RECIPE}.",
        )
    if source.key.endswith(f"/{COMPLETE}") and not 0 < len(source.parts) <= MAX_PARTS:
        folder = source.key.removesuffix(COMPLETE)
        count = f"more than {MAX_PARTS}" if source.parts else "no"
        raise DatasetError(
            f"The folder {folder} has {count} files.",
            f"Put 1 to {MAX_PARTS} files there, and {COMPLETE} last.",
        )
    whole = Part(source.key, source.version_id, source.checksum, source.size)
    return source.parts or [whole]


def _source(key: str, upload: Upload, store: Store) -> Source:
    details = msgspec.structs.asdict(upload)
    del details["metadata"]
    return Source(bucket=store.name, key=key, **details)


def _folder_source(key: str, folder: str, complete: Upload, store: Store) -> Source:
    """Describe all files of a folder as one source with a checksum of their contents."""
    parts, above = [], recipe_key(key).removesuffix(RECIPE)
    for found in islice(store.keys(folder), MAX_PARTS + 2):
        name = found.removeprefix(folder)
        is_data = "/" not in name and not name.startswith((".", "_"))
        is_data = is_data and not (folder == above and (is_recipe(name) or name == CANCEL))
        if name and is_data:
            upload = store.head(found)
            parts.append(Part(found, upload.version_id, upload.checksum, upload.size))
    contents = [(part.key, part.checksum, part.size) for part in parts]
    source = _source(key, complete, store)
    source.parts = parts
    source.size = sum(part.size for part in parts)
    source.checksum = f"parts:{hashlib.sha256(msgspec.json.encode(contents)).hexdigest()}"
    return source
