"""Where SageMaker puts things in a container, and where it looks for what the program leaves.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
`SAGEMAKER_BASE_DIR` is the name AWS's own containers give to another root than /opt/ml.
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
        """Where the files of one input channel lie."""
        return self.root / "input" / "data" / name

    def resolve(self, path: str) -> Path:
        """Read a path that is written below /opt/ml as one below this root."""
        written = PurePosixPath(path)
        if written.is_relative_to(DEFAULT_ROOT):
            return self.root / written.relative_to(DEFAULT_ROOT)
        return Path(path)

    @property
    def model(self) -> Path:
        """Training: what is left here becomes the artifact. Serving: the base model."""
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        """Restored before the program starts, copied to S3 while it runs."""
        return self.root / "checkpoints"

    @property
    def failure(self) -> Path:
        """The first 1,024 characters of this file become the job's FailureReason."""
        return self.root / "output" / "failure"
