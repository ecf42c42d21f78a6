"""Settings of all tests, and which of them stay together when they run side by side."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
# Tests of one group run in one process, one after another, and so start what they share only once:
# a local AWS, a trained model. Groups that take longest come first, so that no process is left with
# a long one at the end. Any other file is a group of its own.
GROUPS = (
    "e2e",
    "functional/training_container",
    "e2e/test_localcloud_run.py",
    "e2e/sagemaker_sdk",
    "functional/contracts/test_split_files.py",
    "functional/contracts/test_token_count.py",
    "functional/localcloud/sagemaker",
    "functional/localcloud",
)

# One thread for each program of a test: tests run side by side, and their models are tiny.
os.environ["OMP_NUM_THREADS"] = "1"

# The same examples on every machine, however slow: `make fuzz` is where chance belongs.
settings.register_profile("tunedrop", deadline=None, derandomize=True)
settings.load_profile("tunedrop")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the names of the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test for pytest-xdist, and sort the groups."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _rank(_group(item)))


def _group(item: pytest.Item) -> str:
    path = item.path.relative_to(TESTS).as_posix()
    return max((g for g in GROUPS if f"{path}/".startswith(f"{g}/")), key=len, default=path)


def _rank(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
