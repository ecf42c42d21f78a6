"""The folders and files of a SageMaker container, for input and for what the program leaves.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
`SAGEMAKER_BASE_DIR` is the variable with which AWS's own containers replace /opt/ml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

DEFAULT_ROOT = PurePosixPath("/opt/ml")


@dataclass(frozen=True, slots=True)
class ContainerFolders:
    """The folders below one root."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Take the root from `SAGEMAKER_BASE_DIR`, or /opt/ml when it is unset or empty."""
        return cls(Path(environment.get("SAGEMAKER_BASE_DIR") or DEFAULT_ROOT))

    def channel(self, name: str) -> Path:
        """Return the folder with the files of one input channel."""
        return self.root / "input" / "data" / name

    def resolve(self, path: str) -> Path:
        """Return a path that begins with /opt/ml as a path below this root, any other unchanged."""
        written = PurePosixPath(path)
        if written.is_relative_to(DEFAULT_ROOT):
            return self.root / written.relative_to(DEFAULT_ROOT)
        return Path(path)

    @property
    def hyperparameters(self) -> Path:
        """The job's HyperParameters, a JSON object of texts. Only a tuning job sets them."""
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def model(self) -> Path:
        """In training, the files here become the model artifact; in serving, the base model."""
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        """SageMaker restores this folder before the job starts, and copies its changes to S3."""
        return self.root / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        """SageMaker copies the files here to S3 while the job runs (TensorBoardOutputConfig)."""
        return self.root / "output" / "tensorboard"

    @property
    def failure(self) -> Path:
        """The first 1,024 characters of this file become the job's FailureReason."""
        return self.root / "output" / "failure"
