"""The environment of the SageMaker SDK: created once under .cache/, named by its pins.

python -m tests.e2e.sagemaker_sdk.environment      # create it now, for example to go offline
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).parents[3] / ".cache"


def sdk_python() -> Path:
    """The interpreter that has the SDK; created on first use (about 450 MB, half a minute).

    Raises CalledProcessError when the package index cannot be reached.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = CACHE / f"sagemaker-sdk-{version}-{digest}"
    python, installed = folder / "bin" / "python", folder / ".installed"
    if not installed.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True
        )
        installed.touch()
    return python


if __name__ == "__main__":
    sys.stdout.write(f"{sdk_python()}\n")
