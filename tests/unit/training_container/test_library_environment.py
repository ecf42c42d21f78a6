"""There are as many compute threads as the process may use cores."""

import os
from pathlib import Path

import pytest

from library_environment import usable_cores


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def test_cores_are_those_of_the_affinity_without_a_quota(tmp_path: Path) -> None:
    assert usable_cores(tmp_path) == 8


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 8), ("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1)],
)
def test_quota_of_a_container_limits_the_cores(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n", encoding="utf-8")

    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("300000", 3)])
def test_quota_of_control_groups_1_limits_the_cores(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text(f"{quota}\n", encoding="utf-8")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n", encoding="utf-8")

    assert usable_cores(tmp_path) == cores


def test_cores_are_counted_on_a_system_without_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given macOS, which has neither affinity nor control groups
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)

    # When the cores are counted, then all count
    assert usable_cores(tmp_path / "no control groups") == 10
