"""`python -m localcloud run`: its result, its output and its exit status."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import MODEL_ID
from tests.support.local_aws.packages import ROOT, provide_packages


@dataclass(frozen=True)
class Command:
    """The command, with a folder of its own and the tiny model."""

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
    """The result of a run to its end, with the run's folder copied out."""
    words, recipe = str(command.folder / "words.csv"), str(command.folder / "recipe.yaml")
    return command.json(words, "--recipe", recipe, "--out", str(command.folder / "out"))


def test_run_names_the_report_the_email_and_the_folder(
    command: Command, first: dict[str, Any]
) -> None:
    # When
    report = Path(first["report"])
    email = Path(first["email"]).read_text(encoding="utf-8")

    # Then
    assert first["exit"] == 0, first["progress"]
    assert (first["status"], first["reached"], first["joined"]) == ("succeeded", True, False)
    assert Path(first["folder"]) == command.folder / "out"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (command.folder / "out" / "dataset" / "rejected.jsonl").exists()
    assert "To: demo@example.com" in email
    assert "localcloud confirmed the email subscription of demo@example.com" in first["progress"]
    assert "rows: 40 in, 16 train" in first["progress"]
    assert "loss" in first["progress"]


def test_run_shows_the_existing_run_of_the_same_file(
    command: Command, first: dict[str, Any]
) -> None:
    # When
    again = command.json(str(command.folder / "words.csv"))

    # Then
    assert again["exit"] == 0
    assert (again["joined"], again["run"]) == (True, first["run"])
    assert again["email"] == first["email"]
    assert f"this content already has a run: {first['run']}" in again["progress"]
    assert "loss" not in again["progress"]


def test_force_starts_a_new_run_up_to_the_stage(command: Command, first: dict[str, Any]) -> None:
    # When
    forced = command.json(str(command.folder / "words.csv"), "--force", "--until", "prepared")

    # Then
    assert forced["exit"] == 0
    assert forced["run"] != first["run"]
    assert (Path(forced["folder"]) / "dataset" / "dataset.json").exists()


def test_run_fails_on_a_file_without_a_table_and_shows_the_email(command: Command) -> None:
    # Given
    broken = command.folder / "broken.csv"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00 no table at all")

    # When
    done = command.run(str(broken), "--recipe", str(command.folder / "recipe.yaml"))

    # Then
    assert done.returncode == 1, done.stderr
    assert "To: demo@example.com" in done.stdout
    assert "broken.csv" in done.stdout.split("Subject: ")[1]
    assert "run folder: " in done.stdout
