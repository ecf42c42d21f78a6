"""Only `prepare` has the layers, so no other function may import their packages."""

import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
LAYERS = (
    "blake3",
    "charset_normalizer",
    "ftfy",
    "pyarrow",
    "python_calamine",
    "rensa",
    "tokenizers",
    "xxhash",
)


@pytest.mark.parametrize("function", ["train", "deploy", "evaluate", "report_failure", "sweep"])
def test_a_function_without_layers_can_be_imported(function: str) -> None:
    # Given
    forbidden = "; ".join(f"sys.modules[{name!r}] = None" for name in LAYERS)
    program = f"import sys; {forbidden}; import {function}.app"

    # When
    started = subprocess.run(
        [sys.executable, "-c", program],
        cwd=FUNCTIONS,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert started.returncode == 0, started.stderr
