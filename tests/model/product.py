"""The product in this process, with the model in place of AWS and of the real clock.

Its adapters, stages and handlers run as they are. What is replaced has nothing to do with faults:
the computation of splits, judgements and pages is done once for the same input, because it would
take nearly all of the time, and questions to the endpoint are asked one after the other, because
only one thread may run at a time.
"""

import importlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self

import msgspec
import pytest

from tests.model.aws.functions import TIME_LIMITS
from tests.model.clock import VirtualClock, virtual_time
from tests.model.hub import ModelHub
from tests.model.questions import ModelInference, ask_in_turn, score_in_turn
from tests.model.world import BUCKET, World
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.sizing.predict import predict
from tunedrop.errors import DatasetError
from tunedrop.evaluation.judging import judge

ROLE = "arn:aws:iam::111122223333:role/tunedrop"
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "DATA_BUCKET": BUCKET,
    "REPORT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:reports",
    "STACK_NAME": "tunedrop",
    "TRAINING_IMAGE": "111122223333.dkr.ecr.us-east-1.amazonaws.com/tunedrop-training:1",
    "SERVING_IMAGE": "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:1",
    "PROCESSING_ROLE_ARN": ROLE,
    "FETCH_ROLE_ARN": ROLE,
    "HUB_ENDPOINT": "https://huggingface.co",
    "HUB_TOKEN_SECRET_ARN": "",
    "TRAINING_ROLE_ARN": ROLE,
    "SERVING_ROLE_ARN": ROLE,
    "PREPARE_LIMIT_MEGABYTES": "2048",
    "ALLOWED_INSTANCE_TYPES": "ml.g5.xlarge,ml.g5.2xlarge,ml.g6.xlarge,ml.g6.2xlarge",
    "MAX_TRAINING_HOURS": "24",
    "MAX_BUDGET_USD": "100",
    "MAX_ENDPOINT_HOURS": "168",
    "MAX_MONTHLY_USD": "1000",
    "LOG_RETENTION_DAYS": "30",
    **{f"{name.upper()}_FUNCTION": name for name in TIME_LIMITS},
}


class Product:
    """The installed product; `use` says in which world its functions run next."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.world: World | None = None

    def use(self, world: World) -> None:
        """Let all calls of AWS and the clock belong to this world."""
        self.world = world
        self.clock.simulation = world.simulation

    def client(self, service: str) -> Any:
        """Return the client of a service in the current world."""
        assert self.world
        return self.world.client(service)

    def inference(self) -> ModelInference:
        """Return what asks the endpoints of the current world."""
        return ModelInference(self.client("sagemaker-runtime"))


@contextmanager
def installed() -> Iterator[Product]:
    """Install the model in this process until the end of the block."""
    product = Product()
    modules = {name: importlib.import_module(f"{name}.app") for name in TIME_LIMITS}
    job = importlib.import_module("prepare.job")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        for name, value in {**ENVIRONMENT, "SAGEMAKER_BASE_DIR": folder}.items():
            patch.setenv(name, value)
        patch.setattr("tunedrop.bootstrap.client", product.client)
        patch.setattr("tunedrop.bootstrap.inference", product.inference)
        patch.setattr("fetch.boto3", SimpleNamespace(client=product.client))
        patch.setattr("fetch.HubModel", ModelHub)
        patch.setattr("fetch.log_line", lambda **_: None)
        patch.setattr("tunedrop.aws.measures.Measures._put", lambda *_, **__: None)
        # sweep also removes what no run knows, which would hide that a guard is missing.
        patch.setattr("tunedrop.bootstrap.stack_resources", lambda _stack: NoResources())
        patch.setattr(os, "cpu_count", lambda: 1)  # A processing job starts no processes.
        for module in (*modules.values(), job):
            patch.setattr(module.logger, "_logger", _silent())
        _remember_computations(patch)
        with virtual_time(product.clock):
            yield product


def _silent() -> logging.Logger:
    logger = logging.Logger("silent")  # noqa: LOG001 - one that has no handlers
    logger.addHandler(logging.NullHandler())
    return logger


def _remember_computations(patch: pytest.MonkeyPatch) -> None:
    preparing = "tunedrop.lifecycle.preparing"
    evaluate = "tunedrop.stages.evaluate"
    patch.setattr("tunedrop.lifecycle.answering.ask", ask_in_turn)
    patch.setattr("tunedrop.lifecycle.serving_check.scored", score_in_turn)
    patch.setattr("tunedrop.lifecycle.index.ThreadPoolExecutor", InlineExecutor)
    patch.setattr("tunedrop.runs.answer_parts.ThreadPoolExecutor", InlineExecutor)
    patch.setattr(f"{preparing}.prepare_dataset", _Splits(prepare_dataset))
    patch.setattr(f"{preparing}.render_dataset_page", lambda _dataset: "<html></html>")
    patch.setattr("tunedrop.lifecycle.processing.predict", _remembered_with_reads(predict))
    patch.setattr(f"{evaluate}.render_page", lambda _report: "<html></html>")
    patch.setattr(f"{evaluate}.judge", _remembered(judge))


class NoResources:
    """Nothing that carries the stack's tag."""

    def find(self, _passes_over: Callable[[str], bool]) -> list[Any]:
        """Return nothing."""
        return []


class InlineExecutor:
    """Maps in the thread of the caller, in the order of the arguments."""

    def __init__(self, **_: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, call: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Return the results of all calls."""
        return [*map(call, *arguments)]


def _remembered(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Compute once for the same arguments."""
    results: dict[bytes, Any] = {}

    def call(*arguments: Any, **named: Any) -> Any:
        key = msgspec.json.encode((arguments, named))
        if key not in results:
            results[key] = compute(*arguments, **named)
        return results[key]

    return call


class _Counted:
    """A dropped file whose openings are counted."""

    def __init__(self, file: Any) -> None:
        self.file, self.name, self.size, self.openings = file, file.name, file.size, 0

    def open(self) -> Any:
        self.openings += 1
        return self.file.open()


def _read_again(files: list[Any], openings: list[int]) -> None:
    """Open the files as often as the computation did, because every opening is a call of S3."""
    for file, count in zip(files, openings, strict=True):
        for _ in range(count):
            file.open().read()


def _remembered_with_reads(compute: Callable[..., Any]) -> Callable[..., Any]:
    results: dict[Any, Any] = {}

    def call(files: list[Any], recipe: Any) -> Any:
        key = (tuple((file.part.key, file.part.checksum) for file in files), encoded(recipe))
        if key in results:
            result, openings = results[key]
            _read_again(files, openings)
            return result
        counted = [_Counted(file) for file in files]
        result = compute(counted, recipe)
        results[key] = (result, [file.openings for file in counted])
        return result

    return call


class _Splits:
    """prepare_dataset, computed once for the same files, recipe and names."""

    def __init__(self, compute: Callable[..., Any]) -> None:
        self.compute = compute
        self.results: dict[Any, Any] = {}

    def __call__(self, files: list[Any], recipe: Any, sink: Any, **named: Any) -> Any:
        content = tuple((file.part.key, file.part.checksum) for file in files)
        key = (content, encoded(recipe), named["run"], named["tokenizer"])
        if key not in self.results:
            counted = [_Counted(file) for file in files]
            considered: list[Any] = []
            outcome = self._outcome(counted, recipe, sink, named, considered)
            written = {file.name: file.read_bytes() for file in sink.path.iterdir()}
            openings = [file.openings for file in counted]
            self.results[key] = (outcome, written, openings, considered)
        else:
            outcome, written, openings, considered = self.results[key]
            _read_again(files, openings)
            for arguments in considered:
                named["consider"](*arguments)
            for name, body in written.items():
                (sink.path / name).write_bytes(body)
        if isinstance(outcome, Exception):
            raise outcome
        return msgspec.convert(msgspec.to_builtins(outcome), type(outcome))

    def _outcome(
        self,
        files: list[Any],
        recipe: Any,
        sink: Any,
        named: dict[str, Any],
        considered: list[Any],
    ) -> Any:
        """Return the dataset, or the error that the files themselves cause.

        A doubtful reading is not remembered. What was considered is, to be considered again.
        """

        def consider(*arguments: Any) -> None:
            named["consider"](*arguments)
            considered.append(arguments)

        try:
            return self.compute(files, recipe, sink, **{**named, "consider": consider})
        except DatasetError as error:
            return error


def encoded(value: Any) -> bytes:
    """Return a value as the key of a table."""
    return msgspec.json.encode(value)
