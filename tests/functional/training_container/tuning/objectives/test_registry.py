"""train.py finds a training technique by its name in training.json."""

import pytest

from tuning.errors import ConfigurationError
from tuning.objectives import sft
from tuning.objectives.registry import objective_of


def test_sft_is_found_by_its_name() -> None:
    assert objective_of("sft") is sft


def test_technique_that_is_not_built_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        objective_of("dpo")

    assert str(refusal.value) == (
        "training.json: the technique 'dpo' is not built; this training image has sft: "
        "drop data of another kind, or deploy an image that has it"
    )
