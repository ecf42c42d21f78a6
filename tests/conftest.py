"""Settings of all tests, and which of them stay together when they run side by side."""

import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# Tests of one group run in one process, one after another, and so start what they share only once:
# a local AWS, a trained model. Groups that take longest come first, so that no process is left with
# a long one at the end. Any other file is a group of its own.
GROUPS = (
    "tests/e2e",
    "tests/functional/training_container",
    "tests/e2e/test_localcloud_run.py",
    "tests/e2e/sagemaker_sdk",
    "tests/functional/contracts/test_split_files.py",
    "tests/functional/contracts/test_token_count.py",
    "tests/functional/localcloud/sagemaker",
    "tests/functional/localcloud",
)

# One thread for each program of a test: tests run side by side, and their models are tiny.
os.environ["OMP_NUM_THREADS"] = "1"

# The same examples on every machine, however slow: `make fuzz` is where chance belongs.
settings.register_profile("tunedrop", deadline=None, derandomize=True)
settings.load_profile("tunedrop")


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives whole groups to processes.

    pytest-xdist's own groups (`--dist loadgroup`) are lost with pytest 9.2:
    https://github.com/pytest-dev/pytest-xdist/issues/1386
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Keep groups together, in the order of collection."""
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by group, the longest first."""
    items.sort(key=lambda item: _rank(_group(item.nodeid)))


def _group(nodeid: str) -> str:
    path = nodeid.split("::", 1)[0]
    return max((g for g in GROUPS if f"{path}/".startswith(f"{g}/")), key=len, default=path)


def _rank(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
