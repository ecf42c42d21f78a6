"""The audit of dependencies fails for vulnerabilities, and says so when it could not ask."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHECKS = Path(__file__).parents[3] / ".ci" / "checks"


@pytest.fixture
def checks() -> ModuleType:
    specification = importlib.util.spec_from_file_location("checks", CHECKS / "run.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def answer_with(checks: ModuleType, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a program that prints a text stand for pip-audit."""
    command = [sys.executable, "-c", f"print({text!r})"]
    monkeypatch.setattr(checks, "program", lambda *_arguments: command)


def found(**package: Any) -> str:
    return json.dumps({"dependencies": [{"name": "h11", "version": "0.16.0", **package}]})


def test_a_known_vulnerability_fails_the_audit_by_name(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    answer_with(checks, monkeypatch, found(vulns=[{"id": "CVE-2026-1"}]))

    # Then
    with pytest.raises(SystemExit, match="newer versions"):
        checks.audit()
    assert capsys.readouterr().out == "h11 0.16.0: CVE-2026-1\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no answer"),
        (found(skip_reason="Dependency not found"), "1 packages: Dependency not found"),
        (found(vulns=[]), None),
    ],
)
def test_an_audit_that_could_not_ask_has_a_reason(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, answer: str, reason: str | None
) -> None:
    # Given
    answer_with(checks, monkeypatch, answer)

    # Then
    assert checks.audit() == reason


@pytest.mark.parametrize("name", ["bandit.yaml", "checkov.yaml"])
def test_each_check_that_is_switched_off_has_a_reason(name: str) -> None:
    # Given
    lines = (CHECKS / name).read_text().splitlines()
    listed = [at for at, line in enumerate(lines) if re.match(r" +- [A-Z]", line)]

    # When
    without = []
    for at in listed:
        above = next(line for line in reversed(lines[:at]) if not re.match(r" +- [A-Z]", line))
        if "#" not in lines[at] and not above.lstrip().startswith("#"):
            without.append(lines[at])

    # Then
    assert len(listed) > 5
    assert without == []
