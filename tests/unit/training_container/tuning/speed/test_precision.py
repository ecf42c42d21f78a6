"""The number type is measured when a job begins, and kept when the job resumes."""

from pathlib import Path

import pytest
import torch

from tuning.speed import precision
from tuning.speed.precision import Precision, choose_precision, measure_precision, time_products


def test_bfloat16_is_chosen_when_it_is_faster(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 1.0))

    assert measure_precision(model).dtype == torch.bfloat16


def test_float32_is_chosen_when_bfloat16_is_slower(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 16.0))

    assert measure_precision(model).dtype == torch.float32


def test_float32_is_chosen_when_both_are_nearly_equal(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 1.9))

    assert measure_precision(model).dtype == torch.float32


def test_products_of_the_models_sizes_are_timed(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a measurement that records the sizes
    timed: list[tuple[int, int]] = []

    def record(width: int, inner: int) -> tuple[float, float]:
        timed.append((width, inner))
        return 1.0, 1.0

    monkeypatch.setattr(precision, "time_products", record)

    # When the model's number type is measured
    measure_precision(model)

    # Then the sizes are those of its config.json
    assert timed == [(64, 128)]


def test_measurement_ends_when_bfloat16_is_much_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a processor on which bfloat16 takes ten times as long
    sizes: list[int] = []

    def slow_bfloat16(tokens: int, _width: int, _inner: int, dtype: torch.dtype) -> float:
        sizes.append(tokens)
        return 10.0 if dtype == torch.bfloat16 else 1.0

    monkeypatch.setattr(precision, "_seconds", slow_bfloat16)

    # When products are timed, then only the smallest is
    assert time_products(64, 128) == (1.0, 10.0)
    assert sizes == [16, 16]


def test_products_are_timed_on_this_processor() -> None:
    single, half = time_products(64, 128)

    assert single > 0
    assert half > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_resumed_job_keeps_its_number_type(tmp_path: Path, dtype: torch.dtype) -> None:
    # Given a job that began with one type
    checkpoints = tmp_path / "checkpoints"
    choose_precision(tmp_path, checkpoints, lambda _: Precision(dtype, "measured"))

    # When it resumes where the other type is faster
    other = {torch.float32: torch.bfloat16, torch.bfloat16: torch.float32}[dtype]
    kept = choose_precision(tmp_path, checkpoints, lambda _: Precision(other, "measured"))

    # Then it keeps its own
    assert kept == Precision(dtype, "the job began with it")


@pytest.mark.parametrize("text", ["", '{"precis', "[]", '{"precision": "float8"}'])
def test_number_type_is_measured_again_when_its_file_is_broken(tmp_path: Path, text: str) -> None:
    # Given a job that was killed while it wrote the file
    (tmp_path / precision.FILE).write_text(text, encoding="utf-8")

    # When it starts again and finds no type in the file
    chosen = choose_precision(tmp_path, tmp_path, lambda _: Precision(torch.float32, "measured"))

    # Then it measures again, and keeps the type
    assert chosen.reason == "measured"
    assert choose_precision(tmp_path, tmp_path).reason == "the job began with it"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    config = '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128}'
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    return tmp_path
