"""The folders and files under /opt/ml that a training program finds.

Source: the SageMaker developer guide, "How Amazon SageMaker AI Provides Training Information".
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.jobs.program import HOST
from localcloud.sagemaker.training import requests

if TYPE_CHECKING:
    from pathlib import Path

INSTANCE_GROUP = "homogeneousCluster"
"""SageMaker's name of the only instance group of a job."""


@dataclass(frozen=True, slots=True)
class TrainingFolders:
    """The folders of the container contract, below a root that stands for /opt/ml."""

    root: Path

    @property
    def config(self) -> Path:
        """hyperparameters.json, resourceconfig.json, inputdataconfig.json."""
        return self.root / "input" / "config"

    @property
    def model(self) -> Path:
        """The program writes the model artifact here."""
        return self.root / "model"

    @property
    def output_data(self) -> Path:
        """What the program writes here is uploaded beside the model."""
        return self.root / "output" / "data"

    @property
    def failure(self) -> Path:
        """The program writes here why it failed."""
        return self.root / "output" / "failure"

    def channel(self, name: str) -> Path:
        """The files of one input channel."""
        return self.root / "input" / "data" / name

    def inside(self, container_path: str) -> Path:
        """Convert a path below /opt/ml to one below the root."""
        return self.root / container_path.removeprefix(requests.CONTAINER_ROOT).lstrip("/")

    def create(self, job: dict[str, Any]) -> None:
        """Make the folders and write the configuration files of a job as described."""
        for folder in (self.config, self.channel(""), self.model, self.output_data):
            folder.mkdir(parents=True)
        documents = {
            "hyperparameters": job.get("HyperParameters") or {},
            "resourceconfig": _resource_config(job),
            "inputdataconfig": _input_data_config(job),
        }
        for name, document in documents.items():
            (self.config / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def _resource_config(job: dict[str, Any]) -> dict[str, Any]:
    instance_type = requests.instance_type(job["ResourceConfig"])
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": INSTANCE_GROUP,
        "hosts": [HOST],
        "instance_groups": [
            {
                "instance_group_name": INSTANCE_GROUP,
                "instance_type": instance_type,
                "hosts": [HOST],
            }
        ],
        # It is eth0 in a container; here only the loopback interface always exists.
        "network_interface_name": "lo0" if sys.platform == "darwin" else "lo",
    }


def _input_data_config(job: dict[str, Any]) -> dict[str, Any]:
    mode = job["AlgorithmSpecification"]["TrainingInputMode"]
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": "None",
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in job.get("InputDataConfig") or []
    }
