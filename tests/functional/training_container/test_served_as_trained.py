"""The real endpoint beside what the training job recorded: each way to serve wrongly is caught."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from safetensors.torch import load_file, save_file

from tests.functional.training_container.finished_job import FinishedJob
from tests.support.builders.tiny_model import CHATML, LEARNABLE
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.serving_process import ServingProcess
from tests.support.pipeline.training_job import TrainingJob
from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.rows import Row
from tunedrop.documents.served import Reference
from tunedrop.errors import EvaluationError
from tunedrop.evaluation.served import compare
from tunedrop.jobs.chat import likelihood_request
from tuning.reference import FILE

SOURCES = "/opt/ml/additional-model-data-sources"
NAMES = ("tuned", "swapped", "stronger", "weaker", "forgotten")


@pytest.fixture(scope="module")
def reference(finished: FinishedJob) -> Reference:
    """What the job recorded at its end."""
    return msgspec.json.decode((finished.job.root / "model" / FILE).read_bytes(), type=Reference)


@pytest.fixture(scope="module")
def other_job(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Return the artifact of another job on the same rows: only its seed differs."""
    job = TrainingJob(tmp_path_factory.mktemp("other"), tiny_model)
    changed = {**LEARNABLE, "seed": 99}
    job.give(changed, train=make_rows(160), validation=make_rows(40, first_row=161))
    job.compute_in("float32")
    process = job.run()
    assert process.process.returncode == 0, process.text
    return job.root / "model"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_model: Path,
    finished: FinishedJob,
    other_job: Path,
) -> Iterator[ServingProcess]:
    """Serve the job's adapter beside others that are wrong, each under a name."""
    root = tmp_path_factory.mktemp("endpoint")
    sources = root / "additional-model-data-sources"
    shutil.copytree(tiny_model, root / "model")
    for name in NAMES:
        origin = other_job if name == "swapped" else finished.job.root / "model"
        shutil.copytree(origin, sources / name)
    scale(sources / "stronger", 2.0)
    scale(sources / "weaker", 0.9)
    weights = sources / "forgotten" / "adapter_model.safetensors"
    save_file({name: 0 * tensor for name, tensor in load_file(weights).items()}, weights)
    with ServingProcess(root, settings(*NAMES)) as server:
        yield server


def settings(*names: str) -> dict[str, str]:
    modules = [{"name": name, "path": f"{SOURCES}/{name}"} for name in names]
    return {"SM_VLLM_ENABLE_LORA": "true", "SM_VLLM_LORA_MODULES": json.dumps(modules)}


def scale(adapter: Path, times: float) -> None:
    """Change lora_alpha, and with it the strength of the adapter."""
    file = adapter / "adapter_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "lora_alpha": config["lora_alpha"] * times}))


def scored(server: ServingProcess, reference: Reference, name: str) -> list[list[TokenLikelihood]]:
    """Ask as the evaluation does, for the rows of the validation channel."""
    wanted = {row["row"]: row for row in make_rows(40, first_row=161)}
    found = []
    for recorded in reference.rows:
        row = msgspec.convert(wanted[recorded.row], type=Row)
        status, answer = server.post(likelihood_request(name, [*row.prompt, *row.completion]))
        assert status == 200, answer
        found.append([tokens_of(position) for position in answer["prompt_logprobs"]])
    return found


def tokens_of(position: dict[str, Any] | None) -> TokenLikelihood:
    (token, likelihood), *_ = (position or {"-1": {"logprob": None}}).items()
    return TokenLikelihood(int(token), likelihood["logprob"])


def test_the_trained_adapter_agrees_far_within_the_tolerance(
    server: ServingProcess, reference: Reference
) -> None:
    # When the endpoint is compared with the job that trained its adapter
    base, tuned = (scored(server, reference, name) for name in ("base", "tuned"))
    check = compare(reference, base, tuned)

    # Then they agree, and another adapter would have been noticed
    assert check.difference < check.tolerance / 10
    assert check.answer_difference < check.tolerance / 10
    assert check.tokens == sum(len(row.ids) - 1 for row in reference.rows)
    assert check.tells_adapters_apart


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("swapped", "another adapter is loaded"),
        ("stronger", "or this one at another scale"),
        ("weaker", "or this one at another scale"),
        ("forgotten", "answers as the base model"),
    ],
)
def test_another_adapter_or_scale_is_named(
    server: ServingProcess, reference: Reference, name: str, cause: str
) -> None:
    # Given an endpoint whose tuned model is a wrong one
    base, tuned = (scored(server, reference, model) for model in ("base", name))

    # When it is compared, then the cause is named
    with pytest.raises(EvaluationError, match=cause):
        compare(reference, base, tuned)


def test_another_base_model_is_named(server: ServingProcess, reference: Reference) -> None:
    # Given an endpoint whose base model answers as another model does
    wrong, tuned = (scored(server, reference, model) for model in ("swapped", "tuned"))

    # When it is compared, then the cause is named
    with pytest.raises(EvaluationError, match="base model is not the one that was trained on"):
        compare(reference, wrong, tuned)


def test_another_chat_template_is_named(
    tmp_path: Path, tiny_model: Path, finished: FinishedJob, reference: Reference
) -> None:
    # Given an endpoint with the right weights and a template that writes a space more
    shutil.copytree(tiny_model, tmp_path / "model")
    changed = CHATML.replace("message['role'] + '\n'", "message['role'] + ' \n'")
    (tmp_path / "model" / "chat_template.jinja").write_text(changed)
    adapter = tmp_path / "additional-model-data-sources/tuned"
    shutil.copytree(finished.job.root / "model", adapter)

    # When it is compared
    with ServingProcess(tmp_path, settings("tuned")) as server:
        base, tuned = (scored(server, reference, name) for name in ("base", "tuned"))

    # Then the row and the token are named
    with pytest.raises(EvaluationError, match=r"row 161 .* from token 6 on: its chat template"):
        compare(reference, base, tuned)
