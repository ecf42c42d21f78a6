"""config/training.json is read strictly: what is not understood is refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from container_folders import ContainerFolders
from tests.support.builders.training_document import training_document
from tuning.configuration import TrainingConfig
from tuning.errors import ConfigurationError

RELEASE = "; deploy the functions and the training image from the same release"


def test_complete_document_is_read() -> None:
    config = TrainingConfig.from_json(training_document(batch_size=4, scheduler="linear"))

    assert (config.base_model.id, config.base_model.revision) == ("tests/tiny", "main")
    assert (config.technique, config.method) == ("sft", "lora")
    assert (config.hyperparameters.batch_size, config.hyperparameters.scheduler) == (4, "linear")


def test_integer_is_accepted_as_a_number() -> None:
    config = TrainingConfig.from_json(training_document(epochs=2))

    assert config.hyperparameters.epochs == 2.0
    assert isinstance(config.hyperparameters.epochs, float)


@pytest.mark.parametrize("section", [None, "base_model", "hyperparameters", "probe", "ranges"])
def test_each_missing_field_is_refused(section: str | None) -> None:
    document = training_document()
    for name in document[section] if section else sorted(set(document) - {"version"}):
        # Given a document without one field
        incomplete = training_document()
        del (incomplete[section] if section else incomplete)[name]

        # When it is read
        with pytest.raises(ConfigurationError) as refusal:
            TrainingConfig.from_json(incomplete)

        # Then the field and the remedy are named
        where = f"training.json: {section}" if section else "training.json"
        assert str(refusal.value) == f"{where}: field `{name}` is missing{RELEASE}"


@pytest.mark.parametrize("version", [3, 5, "4", None])
def test_another_version_is_refused(version: Any) -> None:
    # Given a document of another version, in which other fields may be missing too
    document = {"version": version, "run": "0123456789ab"}

    # When it is read, then the version is named, not a field
    with pytest.raises(ConfigurationError) as refusal:
        TrainingConfig.from_json(document)
    expected = f"training.json has version {version}, but this training image reads version 4"
    assert str(refusal.value) == expected + RELEASE


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"learning_rat": 1e-4},
            (
                "training.json: hyperparameters: unknown field `learning_rat` "
                f"(did you mean `learning_rate`?){RELEASE}"
            ),
        ),
        (
            {"batch_size": 8.5},
            (
                "training.json: hyperparameters: batch_size must be an integer, "
                f"not a number (8.5){RELEASE}"
            ),
        ),
        (
            {"batch_size": True},
            (
                "training.json: hyperparameters: batch_size must be an integer, "
                f"not true or false (true){RELEASE}"
            ),
        ),
        (
            {"learning_rate": "1e-4"},
            (
                "training.json: hyperparameters: learning_rate must be a number, "
                f'not a text ("1e-4"){RELEASE}'
            ),
        ),
        (
            {"learning_rate": 3.0},
            (
                "hyperparameters: learning_rate must be between 1e-07 and 1, not 3.0: "
                "change hyperparameters.learning_rate in recipe.yaml"
            ),
        ),
        (
            {"epochs": float("nan")},
            (
                "hyperparameters: epochs must be between 0.01 and 100, not nan: "
                "change hyperparameters.epochs in recipe.yaml"
            ),
        ),
        (
            {"scheduler": "cosinus"},
            (
                "hyperparameters: scheduler must be one of constant, cosine, linear, "
                "not 'cosinus': change hyperparameters.scheduler in recipe.yaml"
            ),
        ),
    ],
)
def test_wrong_hyperparameter_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        TrainingConfig.from_json(training_document(**changes))

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": "red"}, "training.json: unknown field `colour` (known fields: version, run, "),
        ({"hyperparameters": []}, "training.json: hyperparameters must be an object, not a list"),
        ({"ranges": "wide"}, 'training.json: ranges must be an object, not a text ("wide")'),
        (
            {"method": "dora"},
            (
                "training.json: method must be one of lora, qlora, full, not 'dora': "
                "change method in recipe.yaml"
            ),
        ),
    ],
)
def test_wrong_field_of_the_document_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        TrainingConfig.from_json(training_document() | changes)

    assert str(refusal.value).startswith(sentence)


def test_document_that_is_no_object_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"training\.json must be an object, not a list"):
        TrainingConfig.from_json([])


def test_ranges_are_those_of_the_document() -> None:
    # Given a document that allows less than the recipe
    document = training_document(batch_size=8)
    document["ranges"]["batch_size"] = {"minimum": 1, "maximum": 4}

    # When it is read, then its own range counts
    with pytest.raises(ConfigurationError, match="batch_size must be between 1 and 4, not 8"):
        TrainingConfig.from_json(document)


@pytest.mark.parametrize("allowed", [None, {}, {"minimum": 1}, {"enum": ["8"]}, [1, 512]])
def test_range_that_is_not_understood_is_refused(allowed: Any) -> None:
    document = training_document()
    document["ranges"]["batch_size"] = allowed

    with pytest.raises(ConfigurationError, match="ranges: batch_size has no range for 8; deploy"):
        TrainingConfig.from_json(document)


def test_missing_file_names_the_channel(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"training\.json is not in the `config` channel"):
        read(tmp_path)


def test_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {}, {})
    (tmp_path / "input/data/config/training.json").write_text('{"version": 4,')

    with pytest.raises(ConfigurationError, match=r"training\.json is not JSON: .*line 1"):
        read(tmp_path)


def test_values_of_a_tuning_trial_replace_those_of_the_document(tmp_path: Path) -> None:
    # Given the values of a trial, as SageMaker hands them over: as text, with a name of its own
    trial = {
        "learning_rate": "0.001",
        "lora_rank": "32",
        "scheduler": "linear",
        "_tuning_objective_metric": "validation:loss",
    }
    write(tmp_path, training_document(epochs=2), trial)

    # When the configuration is read
    chosen = read(tmp_path).hyperparameters

    # Then the trial's values count, and the others stay
    assert (chosen.learning_rate, chosen.lora_rank, chosen.scheduler) == (0.001, 32, "linear")
    assert chosen.epochs == 2.0


def test_empty_hyperparameters_json_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, training_document(), {})

    assert read(tmp_path) == TrainingConfig.from_json(training_document())


@pytest.mark.parametrize(
    ("trial", "sentence"),
    [
        ({"lora_rank": "1024"}, "hyperparameters: lora_rank must be between 1 and 256, not 1024"),
        ({"lora_rank": "8.5"}, "hyperparameters.json: lora_rank must be an integer, not a number"),
        ({"lora_rnk": "8"}, "hyperparameters.json: unknown field `lora_rnk` (did you mean `lora_r"),
        ({"scheduler": "steep"}, "hyperparameters: scheduler must be one of constant, cosine, lin"),
    ],
)
def test_wrong_value_of_a_tuning_trial_is_refused(
    tmp_path: Path, trial: dict[str, str], sentence: str
) -> None:
    write(tmp_path, training_document(), trial)

    with pytest.raises(ConfigurationError) as refusal:
        read(tmp_path)
    assert str(refusal.value).startswith(sentence)


def write(root: Path, document: dict[str, Any], trial: dict[str, str]) -> None:
    for path, content in (
        ("input/data/config/training.json", document),
        ("input/config/hyperparameters.json", trial),
    ):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(json.dumps(content))


def read(root: Path) -> TrainingConfig:
    return TrainingConfig.from_folders(ContainerFolders(root))
