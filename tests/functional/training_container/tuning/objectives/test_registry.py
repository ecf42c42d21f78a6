"""train.py finds a training technique by its name in training.json."""

import pytest

from tuning.errors import ConfigurationError
from tuning.objectives import dpo, kto, pretraining, sft
from tuning.objectives.registry import objective_of


@pytest.mark.parametrize(
    ("name", "module"), [("sft", sft), ("dpo", dpo), ("kto", kto), ("pretraining", pretraining)]
)
def test_technique_is_found_by_its_name(name: str, module: object) -> None:
    assert objective_of(name) is module


def test_technique_that_is_not_built_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        objective_of("grpo")

    assert str(refusal.value) == (
        "training.json: the technique 'grpo' is not built; this training image has sft, dpo, "
        "kto, pretraining: drop data of another kind, or deploy an image that has it"
    )
