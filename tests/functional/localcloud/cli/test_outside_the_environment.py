"""`python -m localcloud` outside its environment names the remedy, in one line."""

import subprocess
import sys

import pytest

from tests.support.local_aws.packages import ROOT


@pytest.mark.parametrize("module", ["localcloud", "examples.demo"])
@pytest.mark.parametrize("arguments", [["up"], ["run", "tweets.csv"], ["--help"]])
def test_a_python_without_packages_is_told_to_run_make_install(
    module: str, arguments: list[str]
) -> None:
    # When
    done = subprocess.run(
        [sys.executable, "-S", "-m", module, *arguments],  # -S: without site-packages
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "has no package boto3" in done.stderr
    assert "run `make install`" in done.stderr
