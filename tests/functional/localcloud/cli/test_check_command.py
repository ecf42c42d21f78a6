"""`python -m localcloud check FILE` shows how a file is read; it starts no AWS."""

import json
from pathlib import Path

import pytest

from localcloud.cli.command import main
from tests.support.builders.doubtful_files import passengers
from tests.support.builders.tables import table


def checked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Return the exit status and the output of the command."""
    status = main(["check", *map(str, arguments)])
    return status, capsys.readouterr().out


def test_a_file_is_shown_with_what_is_learnt_and_its_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    file = tmp_path / "tweets.csv"
    file.write_text(table(60))

    # When
    status, output = checked(capsys, file, "--out", tmp_path / "out")

    # Then
    assert status == 0
    assert "Learns: label from text" in output
    assert "48 train" in output
    assert "Rows as they are trained" in (tmp_path / "out" / "dataset.html").read_text()


def test_a_doubtful_file_is_shown_with_a_recipe_for_each_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    file = tmp_path / "passengers.csv"
    file.write_text(passengers())

    # When
    status, output = checked(capsys, file)

    # Then
    assert status == 1
    assert "could each be the label" in output
    assert "columns:\n              text: Name\n              label: Sex\n" in output


def test_a_recipe_decides_and_the_result_may_be_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    file, recipe = tmp_path / "passengers.csv", tmp_path / "recipe.yaml"
    file.write_text(passengers())
    recipe.write_text("columns: {text: Name, label: Survived}")

    # When
    status, output = checked(capsys, file, "--recipe", recipe, "--json")

    # Then
    assert status == 0
    assert json.loads(output)["dataset"]["columns"]["mapping"]["label"] == "Survived"


def test_a_file_that_cannot_be_trained_on_is_told_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    file = tmp_path / "empty.csv"
    file.write_text("")

    # When
    status, output = checked(capsys, file)

    # Then
    assert status == 1
    assert output.startswith("error:      empty.csv is empty.\nto do:      Drop a file")


def test_the_problems_of_the_rows_are_listed_with_what_to_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    file = tmp_path / "photos.jsonl"
    file.write_text(
        "".join(f'{{"prompt": "{n}", "completion": "a", "image": "{n}.png"}}\n' for n in range(9))
    )

    # When
    _, output = checked(capsys, file)

    # Then
    assert "9 with pictures, sound or files" in output
    assert "line 1 of photos.jsonl: " in output
