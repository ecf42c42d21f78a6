"""The rules that every request for a job, a model or an endpoint keeps.

The fake SageMaker checks each request that it gets, so the rules hold in every test of the stages.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("sagemaker")
STACK_TAG = "tunedrop:stack"
# Programs of the training image that need a network: one reads and writes the bucket itself, the
# other reaches the hub. They load no model.
PROGRAMS_WITH_NETWORK = ("prepare", "fetch")
LONGEST_SECONDS = 120 * 3_600  # The largest MaxTrainingHours; preparing and fetching take less.
LONGEST_TUNING_SECONDS = 15_768_000  # SageMaker's own limit, half a year.
MODEL_FORMAT = ("SM_VLLM_LOAD_FORMAT", "safetensors")

Request = Mapping[str, Any]
Rule = Callable[[str, Request], Iterator[str]]


def assert_valid_request(operation: str, request: Request) -> None:
    """Check a request against the shapes that AWS publishes, and against the rules."""
    shape = MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(dict(request), shape)
    assert not report.has_errors(), report.generate_report()
    broken = violations(operation, request)
    assert broken == [], f"{operation}: {'; '.join(broken)}"


def violations(operation: str, request: Request) -> list[str]:
    """Return a line for each rule that the request breaks."""
    return [line for rule in RULES for line in rule(operation, request)]


def _isolated(operation: str, request: Request) -> Iterator[str]:
    """Whatever reads weights or rows of a user has no network, except two programs of ours."""
    for job in _trainings(operation, request):
        if job.get("EnableNetworkIsolation") is not True:
            yield "the training has a network"
    if operation == "CreateModel" and request.get("EnableNetworkIsolation") is not True:
        yield "the model's container has a network"
    if operation == "CreateProcessingJob":
        program = request["AppSpecification"].get("ContainerEntrypoint", [""])
        isolated = request.get("NetworkConfig", {}).get("EnableNetworkIsolation")
        if program not in [[name] for name in PROGRAMS_WITH_NETWORK] and not isolated:
            yield f"the program {program} has a network and needs none"


def _encrypted(operation: str, request: Request) -> Iterator[str]:
    """Data moves encrypted: between instances of one job, and to S3."""
    for job in _trainings(operation, request):
        many = job.get("ResourceConfig", {}).get("InstanceCount", 1) > 1
        if many and not job.get("EnableInterContainerTrafficEncryption"):
            yield "the instances of the training talk in plain text"
    for place, value in _texts(request):
        if place.endswith("S3Uri") and not value.startswith("s3://"):
            yield f"{place} is {value}, which is no object in S3"
        if place.endswith("S3OutputPath") and not value.startswith("s3://"):
            yield f"{place} is {value}, which is no object in S3"


def _limited(operation: str, request: Request) -> Iterator[str]:
    """A job that hangs ends by itself."""
    jobs = [*_trainings(operation, request)]
    if operation == "CreateProcessingJob":
        jobs.append(request)
    for job in jobs:
        seconds = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        if seconds is None or not 0 < seconds <= LONGEST_SECONDS:
            yield f"MaxRuntimeInSeconds is {seconds}, not 1 to {LONGEST_SECONDS:,}"
    if operation == "CreateHyperParameterTuningJob":
        limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        seconds = limits.get("MaxRuntimeInSeconds")
        if seconds is None or seconds > LONGEST_TUNING_SECONDS:
            yield f"the tuning job has MaxRuntimeInSeconds {seconds}"
        if "MaxNumberOfTrainingJobs" not in limits:
            yield "the tuning job has no limit of training jobs"


def _tagged(operation: str, request: Request) -> Iterator[str]:
    """Roles may touch only what has the stack's tag, and clean_up finds only that.

    UpdateEndpoint has no tags: the endpoint keeps its own.
    """
    if operation == "UpdateEndpoint":
        return
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    if not tags.get(STACK_TAG):
        yield f"the tag {STACK_TAG} is missing"


def _safetensors_only(operation: str, request: Request) -> Iterator[str]:
    """Weights of other formats can run code when they are loaded."""
    if operation == "CreateModel":
        name, wanted = MODEL_FORMAT
        found = request["PrimaryContainer"].get("Environment", {}).get(name)
        if found != wanted:
            yield f"{name} is {found}, not {wanted}"


def _no_remote_code(_operation: str, request: Request) -> Iterator[str]:
    """Neither vLLM nor Transformers may run Python files that lie beside a model's weights."""
    for place, value in _texts(request):
        if "trust_remote_code" in f"{place}={value}".lower().replace("-", "_"):
            yield f"{place} allows remote code"


RULES: tuple[Rule, ...] = (
    _isolated,
    _encrypted,
    _limited,
    _tagged,
    _safetensors_only,
    _no_remote_code,
)


def _trainings(operation: str, request: Request) -> Iterator[Request]:
    """Yield what describes a training job in the request."""
    if operation == "CreateTrainingJob":
        yield request
    if operation == "CreateHyperParameterTuningJob":
        yield request["TrainingJobDefinition"]


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a request with the names that lead to it."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{place}.{name}".strip("."))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, place)
