"""`python -m localcloud run`: one command from a file to its report, and what it exits with."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_once_and_the_newest import FAST
from tests.support.cloud import MODEL_ID, labelled_rows
from tests.support.packages import ROOT, provide_packages


@dataclass(frozen=True)
class Command:
    """The command in a folder of its own, with the tiny model."""

    folder: Path
    model: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        command = [sys.executable, "-m", "localcloud", "run", *arguments]
        command += ["--dir", str(self.folder / "state"), "--port", "0"]
        return subprocess.run(
            [*command, "--model", f"{MODEL_ID}={self.model}"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run it with --json; returns the result with the exit status beside it."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result | {"exit": done.returncode, "progress": done.stderr}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Command:
    folder = tmp_path_factory.mktemp("run")
    provide_packages(folder / "state" / "build")
    (folder / "words.csv").write_bytes(labelled_rows(40))
    (folder / "recipe.yaml").write_text(f"base_model: {MODEL_ID}\n{FAST}", encoding="utf-8")
    return Command(folder, tiny_model)


@pytest.fixture(scope="module")
def first(command: Command) -> dict[str, Any]:
    """A run to its end, its folder copied out."""
    words, recipe = str(command.folder / "words.csv"), str(command.folder / "recipe.yaml")
    return command.json(words, "--recipe", recipe, "--out", str(command.folder / "out"))


def test_given_a_file_when_run_then_report_email_and_folder_are_where_it_says(
    command: Command, first: dict[str, Any]
) -> None:
    report = Path(first["report"])
    email = Path(first["email"]).read_text(encoding="utf-8")

    assert first["exit"] == 0, first["progress"]
    assert (first["status"], first["reached"], first["joined"]) == ("succeeded", True, False)
    assert Path(first["folder"]) == command.folder / "out"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (command.folder / "out" / "dataset" / "rejected.jsonl").exists()
    assert "To: demo@example.com" in email
    assert "localcloud confirmed the email subscription of demo@example.com" in first["progress"]
    assert "rows: 40 in, 16 train" in first["progress"]
    assert "loss" in first["progress"]


def test_given_the_same_file_when_run_again_then_the_run_that_exists_is_shown(
    command: Command, first: dict[str, Any]
) -> None:
    again = command.json(str(command.folder / "words.csv"))

    assert again["exit"] == 0
    assert (again["joined"], again["run"]) == (True, first["run"])
    assert again["email"] == first["email"]
    assert f"this content already has a run: {first['run']}" in again["progress"]
    assert "loss" not in again["progress"]


def test_given_force_when_run_again_then_a_new_run_is_made_up_to_the_stage(
    command: Command, first: dict[str, Any]
) -> None:
    forced = command.json(str(command.folder / "words.csv"), "--force", "--until", "prepared")

    assert forced["exit"] == 0
    assert forced["run"] != first["run"]
    assert (Path(forced["folder"]) / "dataset" / "dataset.json").exists()


def test_given_a_file_that_is_no_table_when_run_then_it_fails_and_shows_the_email(
    command: Command,
) -> None:
    broken = command.folder / "broken.csv"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00 no table at all")
    done = command.run(str(broken), "--recipe", str(command.folder / "recipe.yaml"))

    assert done.returncode == 1, done.stderr
    assert "To: demo@example.com" in done.stdout
    assert "broken.csv" in done.stdout.split("Subject: ")[1]
    assert "run folder: " in done.stdout
