"""docs/aws.md and docs/operations.md name what the template has, and nothing that it lacks."""

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.stack.template import Template

ROOT = Path(__file__).parents[3]
AWS = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = Template.read(ROOT / "template.yaml").document
LONG = 40  # Characters; a longer default is described in words.


def section(title: str) -> str:
    """Return a section of docs/aws.md."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", AWS, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def first_column(title: str) -> set[str]:
    """Return the names in the first column of a section's table."""
    cells = re.findall(r"^\| (`[^|]*) \|", section(title), re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", " ".join(cells)))


def variables() -> set[str]:
    shared = DOCUMENT["Globals"]["Function"]["Environment"]["Variables"]
    own = [
        resource["Properties"].get("Environment", {}).get("Variables", {})
        for resource in DOCUMENT["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    return set(shared).union(*own)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Parameters", set(DOCUMENT["Parameters"])),
        ("Outputs", set(DOCUMENT["Outputs"])),
        ("Variables of the functions", variables()),
        ("Example events", {path.name for path in (ROOT / "events").glob("*.json")}),
    ],
)
def test_a_table_names_all_that_exists_and_nothing_else(title: str, names: set[str]) -> None:
    assert first_column(title) == names


@pytest.mark.parametrize("name", DOCUMENT["Parameters"])
def test_the_table_of_parameters_has_the_defaults(name: str) -> None:
    # Given
    default = str(DOCUMENT["Parameters"][name].get("Default", "none")) or "empty"
    row = re.search(rf"^\| `{name}` \| ([^|]+) \|", section("Parameters"), re.MULTILINE)

    # Then
    assert row
    assert row.group(1) == default or len(default) > LONG


@pytest.mark.parametrize("kind", ["Alarm", "LogGroup", "Queue"])
def test_operations_names_every_alarm_log_group_and_queue(kind: str) -> None:
    # Given
    names = [
        name
        for name, resource in DOCUMENT["Resources"].items()
        if resource["Type"].rsplit("::", 1)[-1] == kind
    ]

    # Then
    assert names
    assert [name for name in names if f"`{name}`" not in OPERATIONS] == []


def test_functions_that_the_documents_name_exist() -> None:
    # Given
    named = set(re.findall(r"`([A-Z][A-Za-z]+Function)`", AWS + OPERATIONS))

    # Then
    assert named
    assert named <= set(DOCUMENT["Resources"])
