"""Calls every function with every example event by `sam local invoke`: `make sam-local`.

The functions of `sam build` run in containers of the Lambda runtime and use a local AWS, where a
real training job and a real endpoint of a tiny model stand between them. Each answer is checked by
its content, because `sam local invoke` exits with 0 whatever a function answers. Where no Docker
engine can be had, that is an error, unless TUNEDROP_ENGINE is `optional`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.sam_local.engine import NoEngineError, engine
from tests.sam_local.forwarding import forwarded
from tests.sam_local.image import architecture, provide_image
from tests.support.builders.tiny_model import LEARNABLE, make_tiny_model
from tests.support.local_aws.cloud import Cloud, wait_for
from tests.support.local_aws.packages import ROOT

SAM = ROOT / ".venv-sam" / "bin" / "sam"
EXAMPLE_RUN = "0a1b2c3d4e5f"
"""The run that the example events name; here it is replaced by the run that was started."""
RECIPE = f"split: {{validation: 0.2, test: 0.2}}\nhyperparameters: {json.dumps(LEARNABLE)}\n"
ROWS = "text,label\n" + "".join(
    f"a {word} thing number {number},{label}\n"
    for number in range(60)
    for word, label in (("good", "positive"), ("bad", "negative"))
)
# Function, file in events/, and what the outcome begins with, in this order.
CALLS: list[tuple[str, str, str | tuple[str, ...]]] = [
    ("PrepareFunction", "s3_dataset_dropped", "prepared"),
    ("PrepareFunction", "s3_file_misplaced", "ignored"),
    ("TrainFunction", "s3_dataset_prepared", "training"),
    ("DeployFunction", "training_job_completed", "deploying"),
    ("EvaluateFunction", "endpoint_in_service", ("reported", "settled")),
    ("EvaluateFunction", "s3_answers_unfinished", ("nothing to do", "settled", "ignored")),
    ("ReportFailureFunction", "s3_run_failed", "nothing to do"),
    ("ReportFailureFunction", "s3_run_notice", "nothing to do"),
    ("ReportFailureFunction", "training_job_failed", ("nothing to do", "ignored")),
    ("ReportFailureFunction", "processing_job_failed", ("nothing to do", "ignored")),
    ("ReportFailureFunction", "endpoint_failed", ("nothing to do", "ignored")),
    ("ReportFailureFunction", "sqs_dead_letter", ("nothing to do", "ignored", "settled")),
    ("SweepFunction", "schedule", ""),
]


class Invoker:
    """Calls functions in containers with the variables of the deployed ones."""

    def __init__(self, cloud: Cloud, address: str, environment: dict[str, str]) -> None:
        self._cloud = cloud
        self._environment = {
            **os.environ,
            **environment,
            **cloud.exports,
            "AWS_ENDPOINT_URL": f"http://{address}",
            "SAM_CLI_TELEMETRY": "0",
        }
        self._variables = cloud.directory / "variables.json"
        self.template = local_template()

    def call(self, function: str, event: str) -> Any:
        """Call a function and return its answer; raises AssertionError when it has none."""
        physical = self._cloud.client("cloudformation").describe_stack_resource(
            StackName="tunedrop", LogicalResourceId=function
        )["StackResourceDetail"]["PhysicalResourceId"]
        configuration = self._cloud.client("lambda").get_function_configuration(
            FunctionName=physical
        )
        variables = {"Parameters": configuration["Environment"]["Variables"]}
        self._variables.write_text(json.dumps(variables))
        command = [str(SAM), "local", "invoke", function, "--event", "-", "--skip-pull-image"]
        command += ["--template", str(self.template), "--env-vars", str(self._variables)]
        done = subprocess.run(
            command,
            input=event,
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip(), f"{function} answered nothing:\n{done.stderr[-3000:]}"
        return json.loads(done.stdout.strip().splitlines()[-1])


def local_template() -> Path:
    """Write the built template for this processor, with a variable for the address of AWS."""
    built = ROOT / ".aws-sam" / "build"
    text = (built / "template.yaml").read_text().replace("arm64", architecture())
    text = re.sub(r"( +)DATA_BUCKET:", r'\1AWS_ENDPOINT_URL: ""\n\1DATA_BUCKET:', text)
    template = built / "local.yaml"
    template.write_text(text)
    return template


def disable_rules(cloud: Cloud) -> None:
    """Keep the local AWS from calling its own functions."""
    events = cloud.client("events")
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])


def outcomes(answer: Any) -> list[str]:
    """Return the outcomes in a function's answer; raises AssertionError for an error."""
    assert isinstance(answer, list) or "errorType" not in answer, answer
    return [each["outcome"] for each in (answer if isinstance(answer, list) else [answer])]


def wait_before(function: str, cloud: Cloud, name: str) -> None:
    """Wait for the job or endpoint of which an event tells."""
    sagemaker = cloud.client("sagemaker")
    if function == "DeployFunction":

        def ended() -> bool:
            job = sagemaker.describe_training_job(TrainingJobName=name)
            assert job["TrainingJobStatus"] in {"InProgress", "Completed"}, job["FailureReason"]
            return bool(job["TrainingJobStatus"] == "Completed")

        wait_for(ended, lambda: "the training job")
    elif function == "EvaluateFunction":
        wait_for(
            lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService",
            lambda: "the endpoint",
        )


def play(cloud: Cloud, invoker: Invoker) -> None:
    """Drop a file and call each function with its events, checking every answer."""
    files = {path.stem for path in (ROOT / "events").glob("*.json")}
    assert files == {file for _, file, _ in CALLS}, "CALLS lacks a file of events/"
    cloud.drop("tweets", ROWS.encode(), RECIPE, name="tweets.csv")
    run = EXAMPLE_RUN
    waited: set[str] = set()
    for function, file, expected in CALLS:
        if function not in waited:
            wait_before(function, cloud, f"tweets-{run}-1")
            waited.add(function)
        event = (ROOT / "events" / f"{file}.json").read_text().replace(EXAMPLE_RUN, run)
        found = outcomes(invoker.call(function, event))
        print(f"{function} {file}: {', '.join(found) or 'nothing to do'}", flush=True)
        wrong = [outcome for outcome in found if not outcome.startswith(expected)]
        assert not wrong, f"{function} with {file}: expected {expected}, got {wrong}"
        pointer = cloud.document("runs/tweets/current.json")
        assert pointer, "prepare wrote no pointer"
        run = pointer["run"]
    ended = cloud.ended("tweets")
    assert ended["status"] == "succeeded", ended["error"]
    assert cloud.emails("tweets"), "no email came"


def main() -> int:
    """Build the engine, the image and the local AWS, and call the functions."""
    python = Path(sys.argv[1])
    try:
        with (
            engine(ROOT / ".local" / "sam-local") as environment,
            tempfile.TemporaryDirectory() as folder,
        ):
            print(f"image: {provide_image(python, environment)}", flush=True)
            model = Path(folder) / "model"
            make_tiny_model(model)
            cloud = Cloud(Path(folder) / "cloud", model)
            try:
                disable_rules(cloud)
                with forwarded(cloud.exports["AWS_ENDPOINT_URL"], environment) as address:
                    play(cloud, Invoker(cloud, address, environment))
            finally:
                cloud.stop()
    except NoEngineError as error:
        print(f"sam local invoke was not tried: {error}", file=sys.stderr)
        return 0 if os.environ.get("TUNEDROP_ENGINE") == "optional" else 1
    print("every function answered each of its events as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
