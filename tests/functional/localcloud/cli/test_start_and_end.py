"""The start and the end of localcloud, also after a kill and beside another localcloud."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud
from tests.support.local_aws.cloud import wait_for
from tests.support.local_aws.packages import ROOT


def started(directory: Path) -> list[psutil.Process]:
    """Return every process whose command line or environment names a state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        texts = [*process.cmdline(), environment.get("TMPDIR", "")]
        if any(str(directory) in text for text in texts):
            found.append(process)
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_localcloud_leaves_no_process_and_no_folder(tmp_path: Path, how: int) -> None:
    # Given
    cloud = ProbeCloud(tmp_path)
    cloud.drop("end", "slow.csv")
    cloud.seen("end")
    running = started(tmp_path)

    # When
    status = cloud.stop(how)

    # Then
    assert status == 0
    assert len(running) > 1
    assert started(tmp_path) == []
    assert not (tmp_path / "tmp").exists()


def test_a_killed_localcloud_starts_again_with_all_versions(tmp_path: Path) -> None:
    # Given
    cloud = ProbeCloud(tmp_path)
    versions = [cloud.drop("kept", "a.csv"), cloud.drop("kept", "a.csv")]
    cloud.drop("kept", "slow.csv")
    cloud.seen("kept", 3)
    cloud.stop(signal.SIGKILL)
    # A kill between two writes can leave an incomplete document.
    objects = tmp_path / "objects" / "123456789012" / BUCKET
    (damaged,) = objects.glob("datasets/kept/slow.csv.meta.json")
    damaged.write_text('{"etag": "', encoding="utf-8")

    # When
    again = ProbeCloud(tmp_path)

    # Then
    listed = again.s3.list_object_versions(Bucket=BUCKET, Prefix="datasets/kept/a.csv")
    old = again.s3.get_object(Bucket=BUCKET, Key="datasets/kept/a.csv", VersionId=versions[0])
    newest = again.s3.head_object(Bucket=BUCKET, Key="datasets/kept/a.csv")
    again.drop("after", "a.csv")
    again.seen("after")
    assert again.stop() == 0
    assert [one["VersionId"] for one in listed["Versions"]] == versions[::-1]
    assert old["ContentLength"] == 3
    assert newest["VersionId"] == versions[1]
    wait_for(lambda: not started(tmp_path), lambda: str(started(tmp_path)))


def test_a_second_localcloud_in_the_same_folder_is_refused(probe: ProbeCloud) -> None:
    # When
    second = subprocess.run(
        [sys.executable, "-m", "localcloud", "up", "--dir", str(probe.directory), "--port", "0"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert second.returncode == 2
    assert f"another localcloud (process {probe.process.pid}) uses" in second.stderr
    assert "--dir" in second.stderr


def test_a_port_in_use_is_refused_with_a_remedy(probe: ProbeCloud, tmp_path: Path) -> None:
    # Given
    port = probe.exports["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]

    # When
    second = subprocess.run(
        [sys.executable, "-m", "localcloud", "up", "--dir", str(tmp_path), "--port", port],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert second.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in second.stderr
    assert "Traceback" not in second.stderr


def test_localcloud_listens_on_the_loopback_interface_only(probe: ProbeCloud) -> None:
    # When
    sockets = psutil.Process(probe.process.pid).net_connections("tcp")
    listening = {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN}

    # Then
    assert listening == {"127.0.0.1"}
