"""Fakes of SageMaker's jobs, endpoints and answers, for tests of the stages.

SageMaker's own behaviour is tested on the local service with real processes (tests/e2e).
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self

from tests.support.builders.references import likelihoods_of
from tests.support.pipeline.request_policy import assert_valid_request
from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.documents.trials import Trial
from tunedrop.errors import HostingError
from tunedrop.ports.sagemaker import (
    Endpoint,
    ProcessingJob,
    StackResource,
    TrainingJob,
    TuningJob,
)


class FakeSageMaker:
    """Jobs and endpoints by name; the test sets their status."""

    def __init__(self) -> None:
        self.jobs: dict[str, TrainingJob] = {}
        self.tuning_jobs: dict[str, TuningJob] = {}
        self.trials_of: dict[str, list[Trial]] = {}
        self.processing_jobs: dict[str, ProcessingJob] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.configs: dict[str, str] = {}  # The configuration that each endpoint serves.
        self.requests: list[tuple[str, Mapping[str, Any]]] = []
        self.stopped: list[str] = []

    def create_training_job(self, request: Mapping[str, Any]) -> None:
        assert_valid_request("CreateTrainingJob", request)
        name = request["TrainingJobName"]
        if name not in self.jobs:
            self.requests.append(("CreateTrainingJob", request))
            self.set_job(name, "InProgress")

    def set_job(self, name: str, status: Any, **details: Any) -> None:
        values = {
            "secondary_status": status,
            "failure_reason": None,
            "artifact": None,
            "billable_seconds": 60,
            "instance": "ml.g6.2xlarge",
            "metrics": {},
        }
        self.jobs[name] = TrainingJob(name=name, status=status, **{**values, **details})

    def training_job(self, name: str) -> TrainingJob | None:
        return self.jobs.get(name)

    def stop_training_job(self, name: str) -> None:
        if name in self.jobs and self.jobs[name].status == "InProgress":
            self.stopped.append(name)
            self.set_job(name, "Stopped")

    def create_tuning_job(self, request: Mapping[str, Any]) -> None:
        assert_valid_request("CreateHyperParameterTuningJob", request)
        name = request["HyperParameterTuningJobName"]
        if name not in self.tuning_jobs:
            self.requests.append(("CreateHyperParameterTuningJob", request))
            self.set_tuning_job(name, "InProgress")

    def set_tuning_job(self, name: str, status: Any, **details: Any) -> None:
        self.tuning_jobs[name] = TuningJob(name=name, status=status, **details)

    def set_trials(self, name: str, *trials: Trial) -> None:
        """Give a tuning job its training jobs, each with an artifact."""
        self.trials_of[name] = list(trials)
        for trial in trials:
            self.set_job(trial.job, trial.status, artifact=f"s3://b/model/{trial.job}/")

    def tuning_job(self, name: str) -> TuningJob | None:
        return self.tuning_jobs.get(name)

    def trials(self, name: str) -> list[Trial]:
        return self.trials_of.get(name, [])

    def stop_tuning_job(self, name: str) -> None:
        if name in self.tuning_jobs and self.tuning_jobs[name].status == "InProgress":
            self.stopped.append(name)
            self.set_tuning_job(name, "Stopped")

    def create_processing_job(self, request: Mapping[str, Any]) -> None:
        assert_valid_request("CreateProcessingJob", request)
        name = request["ProcessingJobName"]
        if name not in self.processing_jobs:
            self.requests.append(("CreateProcessingJob", request))
            self.set_processing_job(name, "InProgress")

    def set_processing_job(self, name: str, status: Any, **details: Any) -> None:
        self.processing_jobs[name] = ProcessingJob(name=name, status=status, **details)

    def processing_job(self, name: str) -> ProcessingJob | None:
        return self.processing_jobs.get(name)

    def stop_processing_job(self, name: str) -> None:
        if name in self.processing_jobs and self.processing_jobs[name].status == "InProgress":
            self.stopped.append(name)
            self.set_processing_job(name, "Stopped")

    def create_endpoint(
        self, model: Mapping[str, Any], config: Mapping[str, Any], endpoint: Mapping[str, Any]
    ) -> None:
        for operation, request in (
            ("CreateModel", model),
            ("CreateEndpointConfig", config),
            ("CreateEndpoint", endpoint),
        ):
            assert_valid_request(operation, request)
            self.requests.append((operation, request))
        self.configs[endpoint["EndpointName"]] = config["EndpointConfigName"]
        self.set_endpoint(endpoint["EndpointName"], "Creating")

    def update_endpoint(
        self, model: Mapping[str, Any], config: Mapping[str, Any], endpoint: str
    ) -> None:
        name = config["EndpointConfigName"]
        update = {"EndpointName": endpoint, "EndpointConfigName": name}
        for operation, request in (
            ("CreateModel", model),
            ("CreateEndpointConfig", config),
            ("UpdateEndpoint", update),
        ):
            assert_valid_request(operation, request)
            self.requests.append((operation, request))
        self.configs[endpoint] = name
        self.set_endpoint(endpoint, "Updating")

    def set_endpoint(self, name: str, status: str, reason: str | None = None) -> None:
        self.endpoints[name] = Endpoint(name, status, reason, self.configs.get(name, name))

    def endpoint(self, name: str) -> Endpoint | None:
        return self.endpoints.get(name)

    def delete_endpoint(self, name: str, *, alone: bool = False) -> bool:  # noqa: ARG002
        self.endpoints.pop(name, None)
        return True


class FakeStackResources:
    """What carries the stack's tag; the test sets it."""

    def __init__(self) -> None:
        self.found: list[StackResource] = []

    def find(self, passes_over: Callable[[str], bool] = lambda _: False) -> list[StackResource]:
        return [each for each in self.found if not passes_over(each.name)]

    def remove(self, resource: StackResource) -> None:
        self.found.remove(resource)


class FakeInference:
    """A base model that knows no answer, and a tuned one that answers what the row's text says.

    `asked` has each chat: the model and the last message. `scored` counts the requests for
    likelihoods. `seconds` is how long an answer takes.
    """

    def __init__(self, *, broken: bool = False, seconds: float = 0.0) -> None:
        self.broken = broken
        self.seconds = seconds
        self.asked: list[tuple[str, str]] = []
        self.scored = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass

    async def chat(self, endpoint: str, payload: Mapping[str, Any]) -> Answer:
        json.dumps(payload)
        text = payload["messages"][-1]["content"]
        self.asked.append((payload["model"], text))
        await asyncio.sleep(self.seconds)
        if self.broken:
            raise HostingError(f"The endpoint {endpoint} stopped answering.", "Drop it again.")
        right = "positive" if "good" in text else "negative"
        return Answer(right if payload["model"] == "tuned" else "I do not know")

    async def likelihoods(self, endpoint: str, payload: Mapping[str, Any]) -> list[TokenLikelihood]:
        self.scored += 1
        if self.broken:
            raise HostingError(f"The endpoint {endpoint} stopped answering.", "Drop it again.")
        found = likelihoods_of(payload)
        text = payload.get("prompt") or "".join(m["content"] for m in payload["messages"])
        if payload["model"] == "tuned" and "worse" in text:
            return [found[0], *(each._replace(logprob=-2.0) for each in found[1:])]
        return found
