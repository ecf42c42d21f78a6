"""Every failure becomes one sentence for FailureReason, and exit status 1."""

from pathlib import Path

import pytest
import torch

from tuning.ending import REASON_CHARACTERS, report_failure
from tuning.errors import DataError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("row 5 is empty"), "row 5 is empty"),
        (torch.OutOfMemoryError("CUDA out of memory"), "the memory is too small: halve"),
        (MemoryError(), "the memory is too small: halve"),
        (RuntimeError("first\nsecond"), "RuntimeError: first (the traceback is in the job's log)"),
        (KeyError(), "KeyError:  (the traceback is in"),
        (DataError("x" * 5000), "x" * (REASON_CHARACTERS - 1) + "…"),
    ],
)
def test_failure_leaves_its_reason(tmp_path: Path, error: Exception, sentence: str) -> None:
    # Given a failure file in a folder that does not exist yet
    file = tmp_path / "output" / "failure"

    # When a failure is reported
    status = report_failure(error, file)

    # Then the file has the reason, at most as long as SageMaker reads
    assert status == 1
    assert sentence in file.read_text(encoding="utf-8")
    assert len(file.read_text(encoding="utf-8")) <= REASON_CHARACTERS
