"""The files under /opt/ml that a processing program finds, and the message it may leave.

Source: the SageMaker developer guide, "How Amazon SageMaker Processing Configures Your Processing
Container".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.jobs.program import HOST

if TYPE_CHECKING:
    from pathlib import Path

MAX_EXIT_MESSAGE = 1024
"""AWS cuts an ExitMessage after this number of characters."""
_CONFIG_MEMBERS = (
    "ProcessingJobArn",
    "ProcessingJobName",
    "AppSpecification",
    "Environment",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "RoleArn",
    "StoppingCondition",
)


def create_folders(root: Path, job: dict[str, Any]) -> None:
    """Make the folders and write the two configuration files of a job as described."""
    for folder in ("config", "output", "processing"):
        (root / folder).mkdir(parents=True)
    documents = {
        "processingjobconfig": {name: job[name] for name in _CONFIG_MEMBERS if name in job},
        "resourceconfig": {"current_host": HOST, "hosts": [HOST]},
    }
    for name, document in documents.items():
        (root / "config" / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def exit_message(root: Path) -> str | None:
    """The message in which the program explains its end, cut as AWS cuts it; None without one."""
    path = root / "output" / "message"
    if not path.is_file():
        return None
    return path.read_text("utf-8", "replace")[:MAX_EXIT_MESSAGE]
