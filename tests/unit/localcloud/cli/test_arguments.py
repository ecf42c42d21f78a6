"""The command line: defaults, options, and the refusal of wrong usage."""

from pathlib import Path

import pytest

from localcloud.cli.arguments import parse


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "tweets.csv"
    path.write_text("a,b\n", encoding="utf-8")
    return str(path)


def test_options_have_their_defaults(file: str) -> None:
    # When
    options = parse(["run", file])

    # Then
    assert options.until == "evaluated"
    assert options.dir == Path(".local")
    assert (options.force, options.json, options.out, options.dataset) == (False, False, None, None)


def test_each_model_is_an_id_and_a_directory(file: str, tmp_path: Path) -> None:
    # When
    options = parse(["run", file, "--model", f"a/b={tmp_path}", "--model", f"c={tmp_path}"])

    # Then
    assert dict(options.model) == {"a/b": tmp_path, "c": tmp_path}


def test_each_parameter_is_a_name_and_a_value() -> None:
    # When
    options = parse(["up", "--parameter", "LogRetentionDays=7", "--parameter", "TrainingImage=a=b"])

    # Then
    assert dict(options.parameter) == {"LogRetentionDays": "7", "TrainingImage": "a=b"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: command"),
        (["run", "no-such-file.csv"], "no-such-file.csv is not a file"),
        (["run", "FILE", "--until", "trainde"], "invalid choice: 'trainde'"),
        (["run", "FILE", "--model", "id-alone"], "id-alone is not ID=DIR"),
        (["run", "FILE", "--model", "id=/nonexistent"], "a directory that exists"),
        (["run", "FILE", "--recipe", "nowhere.yaml"], "nowhere.yaml is not a file"),
        (["up", "--port", "70000"], "70000 is no port"),
        (["up", "--parameter", "LogRetentionDays"], "LogRetentionDays is not NAME=VALUE"),
        (["up", "--port", "http"], "http is no port"),
    ],
)
def test_wrong_usage_exits_with_status_2_and_a_reason(
    arguments: list[str], message: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # When
    with pytest.raises(SystemExit) as ended:
        parse([file if argument == "FILE" else argument for argument in arguments])

    # Then
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
