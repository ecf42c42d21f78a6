"""The number type is measured once a job, and kept when the job goes on."""

from pathlib import Path

import pytest
import torch

from tuning.speed import precision
from tuning.speed.precision import Precision, choose_precision, measure_precision, time_products


def test_a_processor_with_fast_bfloat16_trains_in_it(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 1.0))

    assert measure_precision(model).dtype == torch.bfloat16


def test_a_processor_without_it_trains_in_float32(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 16.0))

    assert measure_precision(model).dtype == torch.float32


def test_a_tie_is_decided_for_the_exact_type(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "time_products", lambda *_: (2.0, 1.9))

    assert measure_precision(model).dtype == torch.float32


def test_the_measurement_times_the_model_s_own_sizes(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def record(width: int, inner: int) -> tuple[float, float]:
        asked.append((width, inner))
        return 1.0, 1.0

    monkeypatch.setattr(precision, "time_products", record)
    measure_precision(model)

    assert asked == [(64, 128)]


def test_a_clearly_slower_type_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def slow_bfloat16(tokens: int, _width: int, _inner: int, dtype: torch.dtype) -> float:
        sizes.append(tokens)
        return 10.0 if dtype == torch.bfloat16 else 1.0

    monkeypatch.setattr(precision, "_seconds", slow_bfloat16)

    assert time_products(64, 128) == (1.0, 10.0)
    assert sizes == [16, 16]


def test_real_products_are_timed() -> None:
    single, half = time_products(64, 128)

    assert single > 0
    assert half > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_resumed_job_keeps_its_precision(tmp_path: Path, dtype: torch.dtype) -> None:
    # Given a job that began with one type
    checkpoints = tmp_path / "checkpoints"
    choose_precision(tmp_path, checkpoints, lambda _: Precision(dtype, "measured"))

    # When it goes on where the other type is faster
    other = {torch.float32: torch.bfloat16, torch.bfloat16: torch.float32}[dtype]
    kept = choose_precision(tmp_path, checkpoints, lambda _: Precision(other, "measured"))

    # Then it keeps to its own
    assert kept == Precision(dtype, "the job began with it")


@pytest.mark.parametrize("text", ["", '{"precis', "[]", '{"precision": "float8"}'])
def test_a_precision_file_cut_off_by_a_kill_is_measured_again(tmp_path: Path, text: str) -> None:
    # Given a job that was killed while it wrote the file
    (tmp_path / precision.FILE).write_text(text, encoding="utf-8")

    # When it starts again
    chosen = choose_precision(tmp_path, tmp_path, lambda _: Precision(torch.float32, "measured"))

    # Then it measures again, and keeps what it found
    assert chosen.reason == "measured"
    assert choose_precision(tmp_path, tmp_path).reason == "the job began with it"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    config = '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128}'
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    return tmp_path
