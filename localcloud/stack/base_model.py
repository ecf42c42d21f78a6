"""Puts a local Hugging Face directory into the bucket as a base model.

models/<id>/<revision>/<files>
models/<id>/<revision>/manifest.json    written last: its presence says that all files are there
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REVISION = "main"
CONFIG = "config.json"
WEIGHTS = ".safetensors"
"""Suffix of files with weights; a model has at least one."""
OTHER_WEIGHTS = frozenset({".bin", ".ckpt", ".h5", ".msgpack", ".pickle", ".pkl", ".pt", ".pth"})
"""Suffixes of weights that are left out: the product refuses a model that has them."""
CHUNK_BYTES = 1 << 20
"""Bytes of a file that are held in memory at a time."""


def provide_base_model(
    s3: Any, bucket: str, model_id: str, directory: Path, say: Callable[[str], None]
) -> bool:
    """Upload a model directory with its manifest; False when the bucket has the same already.

    `say` is called with a line before each slow step.

    Raises LocalCloudError when the directory is no Hugging Face model.
    """
    _check(directory)
    files = _files(directory)
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    say(f"checking the base model {model_id} ({megabytes:.0f} MB)")
    manifest = {
        "version": 1,
        "id": model_id,
        "revision": REVISION,
        "files": [_entry(path, directory) for path in files],
    }
    body = json.dumps(manifest, indent=2).encode()
    prefix = f"models/{model_id}/{REVISION}/"
    if _read(s3, bucket, f"{prefix}manifest.json") == body:
        return False
    say(f"copying it into the bucket, once: s3://{bucket}/{prefix}")
    for path in files:
        s3.upload_file(str(path), bucket, prefix + path.relative_to(directory).as_posix())
    s3.put_object(Bucket=bucket, Key=f"{prefix}manifest.json", Body=body)
    return True


def _check(directory: Path) -> None:
    if not (directory / CONFIG).is_file():
        raise LocalCloudError(
            f"{directory} is no Hugging Face model directory: it has no {CONFIG}. Save one there "
            "with save_pretrained(), tokenizer included"
        )
    if not any(path.suffix == WEIGHTS for path in _files(directory)):
        raise LocalCloudError(f"{directory} holds no weights (*.safetensors)")


def _files(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in OTHER_WEIGHTS
        and not any(part.startswith(".") for part in path.parts[-2:])
    )


def _entry(path: Path, directory: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return {
        "name": path.relative_to(directory).as_posix(),
        "size": path.stat().st_size,
        "sha256": digest.hexdigest(),
    }


def _read(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return body
