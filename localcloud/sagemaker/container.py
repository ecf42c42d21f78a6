"""The container that a program runs in: image, role, folder and a clean environment."""

from __future__ import annotations

import os
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

PROCESSOR_LIMITS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS")
"""Variables that limit the processor instructions which PyTorch and its libraries use. They
describe this machine, so that a newer processor can stand for an older one in every container."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container of a job or endpoint."""

    image: Image
    credentials: Credentials
    """Credentials of the execution role; downloads, uploads and logs use them."""
    isolated: bool
    """EnableNetworkIsolation: the program gets no credentials and no endpoint of any AWS."""
    folder: Path

    @property
    def root(self) -> Path:
        """The folder that stands for /opt/ml."""
        return self.folder / "ml"

    def environment(
        self, platform: Platform, own: Mapping[str, str], contract: Mapping[str, str]
    ) -> dict[str, str]:
        """Return all variables of the program.

        It inherits none from the host but PROCESSOR_LIMITS, where they are set.

        An SDK in the program must not find the host's credentials either: the program has a home
        folder of its own, and the metadata service of a cloud machine is disabled.

        Args:
            platform: gives the variables with which an SDK reaches this AWS.
            own: variables that the request for the job or model names.
            contract: variables that SageMaker sets; they replace `own` ones of the same name.
        """
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        return {
            "PATH": CONTAINER_PATH,
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "AWS_REGION": platform.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            **{name: os.environ[name] for name in PROCESSOR_LIMITS if name in os.environ},
            **({} if self.isolated else platform.environment(self.credentials)),
            **self.image.environment,
            **own,
            **contract,
            "SAGEMAKER_BASE_DIR": str(self.root),
        }
