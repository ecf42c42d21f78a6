"""A training that makes no sense is stopped, and says so."""

import json
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tuning.errors import DivergenceError
from tuning.progress import ProgressLog

LOGGED: dict[str, float] = {"grad_norm": 1.0, "learning_rate": 1e-3, "num_tokens": 500.0}


def log(earlier: list[dict[str, Any]], **logs: float) -> None:
    """Have the callback told of `logs` after `earlier` ones, as the trainer does."""
    entry = {**LOGGED, **logs} if "loss" in logs else logs
    state = TrainerState(global_step=7, max_steps=80, epoch=0.5, log_history=[*earlier, entry])
    ProgressLog().on_log(TrainingArguments(use_cpu=True), state, TrainerControl(), logs=entry)


@pytest.mark.parametrize(
    "logs",
    [{"loss": float("nan")}, {"loss": 1.0, "grad_norm": float("inf")}, {"eval_loss": float("inf")}],
)
def test_a_figure_that_is_no_number_ends_the_job(logs: dict[str, float]) -> None:
    with pytest.raises(DivergenceError, match=r"by step 7 of 80: lower .*learning_rate"):
        log([], **logs)


def test_a_loss_of_zero_from_the_start_ends_the_job() -> None:
    with pytest.raises(DivergenceError, match="exactly zero from the start"):
        log([], loss=0.0)


def test_a_loss_that_has_fallen_to_zero_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    log([{"loss": 0.3}], loss=0.0)

    assert json.loads(capsys.readouterr().out)["loss"] == 0.0
