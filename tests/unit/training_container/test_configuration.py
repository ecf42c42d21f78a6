"""config/training.json is read strictly: what is not understood is refused in one sentence."""

from pathlib import Path
from typing import Any

import pytest

from tuning.configuration import RANGES, Hyperparameters, TrainingConfig
from tuning.errors import ConfigurationError


def config_with(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "run": "0123456789ab", "base_model": {"id": "tests/tiny"}, **changes}


def test_what_is_left_out_takes_its_default() -> None:
    config = TrainingConfig.from_json(config_with())

    assert config.base_model.revision == "main"
    assert config.method == "lora"
    assert config.hyperparameters == Hyperparameters()


def test_a_whole_number_is_a_number() -> None:
    config = TrainingConfig.from_json(config_with(hyperparameters={"epochs": 2}))

    assert config.hyperparameters.epochs == 2.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"hyperparameters": {"learning_rat": 1e-4}},
            (
                "training.json: hyperparameters: unknown key `learning_rat`; "
                "did you mean `learning_rate`?"
            ),
        ),
        (
            {"colour": "red"},
            (
                "training.json: unknown key `colour`; known keys: "
                "version, run, base_model, method, hyperparameters"
            ),
        ),
        ({"base_model": {}}, "training.json: base_model: key `id` is missing"),
        (
            {"hyperparameters": {"batch_size": 8.5}},
            "training.json: hyperparameters: batch_size must be an integer, not a number (8.5)",
        ),
        (
            {"hyperparameters": {"batch_size": True}},
            (
                "training.json: hyperparameters: batch_size must be an integer, "
                "not true or false (true)"
            ),
        ),
        (
            {"hyperparameters": {"learning_rate": "1e-4"}},
            'training.json: hyperparameters: learning_rate must be a number, not a string ("1e-4")',
        ),
        ({"hyperparameters": []}, "training.json: hyperparameters must be an object, not a list"),
        (
            {"hyperparameters": {"learning_rate": 3.0}},
            "hyperparameters: learning_rate must be between 1e-07 and 1, not 3",
        ),
        (
            {"hyperparameters": {"epochs": float("nan")}},
            "hyperparameters: epochs must be between 0.01 and 100, not nan",
        ),
        (
            {"hyperparameters": {"scheduler": "cosinus"}},
            "hyperparameters: scheduler must be one of cosine, linear, constant, not 'cosinus'",
        ),
        ({"method": "qlora"}, "method must be one of lora, not 'qlora'"),
        ({"version": 2}, "version 2 is not understood: this image reads version 1"),
    ],
)
def test_what_cannot_be_obeyed_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        TrainingConfig.from_json(config_with(**changes))

    assert str(refusal.value) == sentence


def test_the_limits_of_every_range_are_allowed() -> None:
    for name, (low, high) in RANGES.items():
        kind = type(getattr(Hyperparameters(), name))
        for limit in (low, high):
            chosen = Hyperparameters(**{name: kind(limit)})
            assert getattr(chosen, name) == limit


def test_a_missing_file_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"training\.json is not in the `config` channel"):
        TrainingConfig.from_file(tmp_path / "training.json")


def test_a_broken_file_is_told_apart_from_a_wrong_one(tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text('{"version": 1,')

    with pytest.raises(ConfigurationError, match=r"training\.json is not JSON: .*line 1"):
        TrainingConfig.from_file(tmp_path / "training.json")
