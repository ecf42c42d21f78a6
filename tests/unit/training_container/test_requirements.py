"""What the image installs is what these tests ran with."""

from importlib.metadata import version
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "training_container" / "requirements.txt"
PINS = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("pin", PINS)
def test_a_pin_is_exact_and_tested(pin: str) -> None:
    name, _, pinned = pin.partition("==")

    assert version(name).split("+")[0] == pinned, "torch's CPU build adds +cpu to the same version"
