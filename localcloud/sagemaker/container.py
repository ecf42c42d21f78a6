"""What a program runs in: its image, its role, its folder and a clean environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.sagemaker.platform import Platform
    from localcloud.sagemaker.settings import Image
    from localcloud.service import Credentials

CONTAINER_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of a container whose image sets none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container of a job or endpoint."""

    image: Image
    credentials: Credentials
    """Of the execution role: downloads, uploads and logs go with them in any case."""
    isolated: bool
    """EnableNetworkIsolation: the program gets no credentials and no way to any AWS."""
    folder: Path

    @property
    def root(self) -> Path:
        """What is /opt/ml in a container."""
        return self.folder / "ml"

    def environment(
        self, platform: Platform, own: Mapping[str, str], contract: Mapping[str, str]
    ) -> dict[str, str]:
        """Every variable the program finds; nothing of the host's.

        An SDK in it must not find the host's credentials either: not in the home folder, which is
        the program's own, and not in the metadata service of a cloud machine.

        Args:
            platform: whose variables lead an SDK to this AWS.
            own: what the job's or model's owner asked for.
            contract: what SageMaker sets, whatever the owner asked for.
        """
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        return {
            "PATH": CONTAINER_PATH,
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "AWS_REGION": platform.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            **({} if self.isolated else platform.environment(self.credentials)),
            **self.image.environment,
            **own,
            **contract,
            "SAGEMAKER_BASE_DIR": str(self.root),
        }
