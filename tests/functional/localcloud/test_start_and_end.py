"""localcloud starts after anything, shares nothing, and leaves nothing behind."""

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
    """Return every process that has to do with a state folder."""
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
def test_given_functions_at_work_when_localcloud_is_told_to_end_then_nothing_is_left(
    tmp_path: Path, how: int
) -> None:
    cloud = ProbeCloud(tmp_path)
    cloud.drop("end", "slow.csv")
    cloud.seen("end")
    at_work = started(tmp_path)

    assert cloud.stop(how) == 0
    assert len(at_work) > 1
    assert started(tmp_path) == []
    assert not (tmp_path / "tmp").exists()


def test_given_a_kill_in_mid_work_when_it_starts_again_then_objects_and_versions_are_there(
    tmp_path: Path,
) -> None:
    cloud = ProbeCloud(tmp_path)
    versions = [cloud.drop("kept", "a.csv"), cloud.drop("kept", "a.csv")]
    cloud.drop("kept", "slow.csv")
    cloud.seen("kept", 3)
    cloud.stop(signal.SIGKILL)
    # What a kill between two writes can leave: a document cut short.
    objects = tmp_path / "objects" / "123456789012" / BUCKET
    (damaged,) = objects.glob("datasets/kept/slow.csv.meta.json")
    damaged.write_text('{"etag": "', encoding="utf-8")
    again = ProbeCloud(tmp_path)
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


def test_given_a_folder_in_use_when_a_second_one_starts_there_then_it_is_refused(
    probe: ProbeCloud,
) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "localcloud", "up", "--dir", str(probe.directory), "--port", "0"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 2
    assert f"another localcloud (process {probe.process.pid}) uses" in second.stderr
    assert "--dir" in second.stderr


def test_given_a_port_in_use_when_localcloud_starts_there_then_it_says_what_to_do(
    probe: ProbeCloud, tmp_path: Path
) -> None:
    port = probe.exports["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "localcloud", "up", "--dir", str(tmp_path), "--port", port],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in second.stderr
    assert "Traceback" not in second.stderr


def test_given_a_running_localcloud_when_its_sockets_are_listed_then_all_are_on_this_machine(
    probe: ProbeCloud,
) -> None:
    sockets = psutil.Process(probe.process.pid).net_connections("tcp")
    listening = {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN}

    assert listening == {"127.0.0.1"}
