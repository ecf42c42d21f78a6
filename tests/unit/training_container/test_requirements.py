"""The image installs the versions with which these tests run."""

from importlib.metadata import version
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "training_container" / "requirements.txt"
PINS = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("pin", PINS)
def test_installed_package_has_the_pinned_version(pin: str) -> None:
    name, _, pinned = pin.partition("==")

    assert version(name).split("+")[0] == pinned, "PyTorch's CPU build adds +cpu to its version"
