"""Whatever goes wrong becomes one sentence for FailureReason, and exit status 1."""

from pathlib import Path

import pytest
import torch

from tuning.ending import REASON_CHARACTERS, report_failure
from tuning.errors import DataError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("row 5 is empty"), "row 5 is empty"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory ran out: halve"),
        (MemoryError(), "memory ran out: halve"),
        (RuntimeError("first\nsecond"), "RuntimeError: first (the job's log holds the traceback)"),
        (KeyError(), "KeyError:  (the job's log"),
        (DataError("x" * 5000), "x" * (REASON_CHARACTERS - 1) + "…"),
    ],
)
def test_a_failure_leaves_its_reason(tmp_path: Path, error: Exception, sentence: str) -> None:
    file = tmp_path / "output" / "failure"

    status = report_failure(error, file)

    assert status == 1
    assert sentence in file.read_text(encoding="utf-8")
    assert len(file.read_text(encoding="utf-8")) <= REASON_CHARACTERS
