"""Wrong usage is refused with status 2 and one line that says what is wrong."""

from pathlib import Path

import pytest

from localcloud.cli.arguments import parse


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "tweets.csv"
    path.write_text("a,b\n", encoding="utf-8")
    return str(path)


def test_given_only_a_file_when_parsed_then_every_option_has_its_default(file: str) -> None:
    options = parse(["run", file])

    assert options.until == "evaluated"
    assert options.dir == Path(".local")
    assert (options.force, options.json, options.out, options.dataset) == (False, False, None, None)


def test_given_models_when_parsed_then_each_is_an_id_and_a_directory(
    file: str, tmp_path: Path
) -> None:
    options = parse(["run", file, "--model", f"a/b={tmp_path}", "--model", f"c={tmp_path}"])

    assert dict(options.model) == {"a/b": tmp_path, "c": tmp_path}


def test_given_parameters_when_parsed_then_each_is_a_name_and_a_value() -> None:
    options = parse(["up", "--parameter", "LogRetentionDays=7", "--parameter", "TrainingImage=a=b"])

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
def test_given_wrong_usage_when_parsed_then_status_2_and_the_reason(
    arguments: list[str], message: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([file if argument == "FILE" else argument for argument in arguments])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
