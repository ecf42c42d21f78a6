"""The contenders of the preparation benchmark, which do the same work in different ways."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

ROLES = ("system", "user", "assistant")
SHARE = 0.1  # The share of the rows for validation, and the same for test.
SEED = 17


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        self.size = path.stat().st_size

    def open(self) -> BinaryIO:
        return self._path.open("rb")


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with (self._path / name).open("wb") as file:
            yield file


def _tunedrop(source: Path, folder: Path, checks: str) -> int:
    import msgspec  # noqa: PLC0415 - a contender's figures include its own imports only

    from tunedrop.dataset.prepare import prepare_dataset  # noqa: PLC0415
    from tunedrop.recipe.schema import Recipe  # noqa: PLC0415

    limits = {"max_train": 10**9, "max_validation": 10**9, "max_test": 10**9}
    recipe = msgspec.convert({"checks": checks, "rows": limits}, Recipe)
    rows = prepare_dataset(
        _File(source), recipe, _Folder(folder), dataset="chat", run="0" * 12, source_uri="file"
    ).rows
    return rows.train + rows.validation + rows.test


def tunedrop_basic(source: Path, folder: Path) -> int:
    """Check the structure and exact duplicates."""
    return _tunedrop(source, folder, "basic")


def tunedrop_full(source: Path, folder: Path) -> int:
    """Run every check, near duplicates included."""
    return _tunedrop(source, folder, "full")


def is_valid(messages: Any) -> bool:
    """Whether a row is valid, by the same rules as Tunedrop's."""
    return (
        isinstance(messages, list)
        and len(messages) > 1
        and all(
            isinstance(message, dict)
            and message.get("role") in ROLES
            and isinstance(message.get("content"), str)
            and message["content"].strip()
            for message in messages
        )
        and messages[-1]["role"] == "assistant"
    )


def digest(messages: list[dict[str, str]]) -> bytes:
    """A digest that ignores white space and letter case, like Tunedrop's for duplicates."""
    text = "".join(message["role"] + message["content"] for message in messages)
    text = unicodedata.normalize("NFC", "".join(text.casefold().split()))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def split_of(key: bytes) -> str:
    """Choose the split by the row's digest."""
    share = int.from_bytes(key[:8], "big") / 2**64
    return "test" if share < SHARE else "validation" if share < 2 * SHARE else "train"


def stdlib(source: Path, folder: Path) -> int:
    """Use a plain loop with the json module, a set of digests and three files."""
    seen: set[bytes] = set()
    names = ("train", "validation", "test")
    files = {name: (folder / f"{name}.jsonl").open("w", encoding="utf-8") for name in names}
    with source.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            messages = json.loads(line).get("messages")
            if not is_valid(messages):
                continue
            key = digest(messages)
            if key in seen:
                continue
            seen.add(key)
            clean = [{"role": m["role"], "content": m["content"].strip()} for m in messages]
            row = {"row": number, "prompt": clean[:-1], "completion": clean[-1:]}
            files[split_of(key)].write(json.dumps(row, ensure_ascii=False) + "\n")
    for file in files.values():
        file.close()
    return len(seen)


def hf_datasets(source: Path, folder: Path) -> int:
    """Use `load_dataset`, `map`, `filter`, `train_test_split` and `to_json`, like the tutorials."""
    from datasets import Dataset, load_dataset  # noqa: PLC0415

    loaded = load_dataset(
        "json", data_files=str(source), split="train", cache_dir=str(folder / "cache")
    )
    seen: set[bytes] = set()

    def convert(row: dict[str, Any]) -> dict[str, Any]:
        messages = row["messages"]
        if not is_valid(messages):
            return {"prompt": [], "completion": [], "key": b""}
        clean = [{"role": m["role"], "content": m["content"].strip()} for m in messages]
        return {"prompt": clean[:-1], "completion": clean[-1:], "key": digest(messages)}

    def is_new(row: dict[str, Any]) -> bool:
        key = row["key"]
        if not key or key in seen:
            return False
        seen.add(key)
        return True

    rows: Dataset = loaded.map(convert, remove_columns=["messages"]).filter(is_new)
    held_out = rows.train_test_split(test_size=2 * SHARE, seed=SEED)
    halves = held_out["test"].train_test_split(test_size=0.5, seed=SEED)
    splits = {"train": held_out["train"], "validation": halves["train"], "test": halves["test"]}
    for name, split in splits.items():
        split.remove_columns(["key"]).to_json(folder / f"{name}.jsonl", force_ascii=False)
    return len(rows)
