"""The copy of a run's folder."""

from pathlib import Path
from typing import Any

from localcloud.cli.run_documents import RunDocuments

PREFIX = "runs/tweets/0123456789ab/"


class Bucket:
    """Lists some keys, and downloads any key."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def get_paginator(self, _operation: str) -> "Bucket":
        return self

    def paginate(self, **_request: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": PREFIX + name} for name in self.names]}]

    def download_file(self, _bucket: str, key: str, path: str) -> None:
        Path(path).write_text(key, encoding="utf-8")


def test_a_copied_run_has_no_checkpoints(tmp_path: Path) -> None:
    # Given
    bucket = Bucket("run.json", "checkpoints/1/checkpoint-2/optimizer.pt", "report/report.html")

    # When
    RunDocuments(bucket, "data").copy_run("tweets", "0123456789ab", tmp_path)

    # Then
    copied = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")]
    assert sorted(copied) == ["report/report.html", "run.json"]
