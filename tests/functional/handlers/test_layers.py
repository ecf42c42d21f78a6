"""Only `prepare` finds the layers' packages: no other function may load one."""

import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
LAYERS = ("blake3", "ftfy", "pyarrow", "python_calamine", "rensa", "tokenizers", "xxhash")


@pytest.mark.parametrize("function", ["train", "deploy", "evaluate", "report_failure", "sweep"])
def test_a_function_without_layers_starts(function: str) -> None:
    forbidden = "; ".join(f"sys.modules[{name!r}] = None" for name in LAYERS)
    program = f"import sys; {forbidden}; import {function}.app"
    started = subprocess.run(
        [sys.executable, "-c", program],
        cwd=FUNCTIONS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
