"""Calls every function with every example event by `sam local invoke`: `make sam-local`.

The functions of `sam build` run in containers of the Lambda runtime and use a local AWS, where a
real training job and a real endpoint of a tiny model stand between them. Each answer is checked by
its content, because `sam local invoke` exits with 0 whatever a function answers. Where no Docker
engine can be had, that is an error, unless TUNEDROP_ENGINE is `optional`.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.sam_local.calls import CALLS, Call
from tests.sam_local.custom_resource import CUSTOM_RESOURCES, call_clean_up, call_image_build
from tests.sam_local.engine import NoEngineError, engine
from tests.sam_local.forwarding import forwarded
from tests.sam_local.image import provide_image
from tests.sam_local.invoker import Invoker
from tests.support.builders.tiny_model import make_tiny_model
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.packages import ROOT

EVENTS = ROOT / "events"
EXAMPLE_RUN = "0a1b2c3d4e5f"
"""The run that the example events name; the run that was started takes its place."""
EMAILS = (
    "tweets.csv: it lies in no dataset's folder",
    "tweets: the tuned model is better",
    "tweets: failed in prepare",
    "tweets.csv: no run could be started",
)
"""How the subjects of the emails begin that the calls send."""


def play(cloud: Cloud, invoker: Invoker) -> None:
    """Make all calls in their order; raises AssertionError at the first wrong answer."""
    run = EXAMPLE_RUN
    for call in CALLS:
        name = f"tweets-{run}-1"
        if call.before:
            call.before(cloud, name)
        answer = invoker.call(call.function, _event(call, cloud, run))
        results = answer if isinstance(answer, list) else [answer]
        found = [result["outcome"] for result in results]
        print(f"{call.function} {call.file}: {', '.join(found)}", flush=True)
        # Sweep also tells what it did to log groups, which belong to no run.
        of_runs = [result["outcome"] for result in results if result.get("run")] or found
        right = bool(found) and all(outcome.startswith(call.outcome) for outcome in of_runs)
        assert right, f"{call.function} with {call.file}: expected {call.outcome!r}, got {found}"
        pointer = cloud.document("runs/tweets/current.json")
        assert pointer, "prepare wrote no pointer"
        if call.file == "endpoint_in_service":
            ended = cloud.ended("tweets")
            assert ended["status"] == "succeeded", ended["error"]
        run = pointer["run"]
    subjects = [str(mail["Subject"]) for mail in cloud.emails()]
    missing = [begin for begin in EMAILS if not any(one.startswith(begin) for one in subjects)]
    assert not missing, f"no email begins with {missing}, only {subjects}"


def _event(call: Call, cloud: Cloud, run: str) -> str:
    text = (EVENTS / f"{call.file}.json").read_text()
    if call.key:
        example, real = call.key
        text = text.replace(example, real(cloud, run))
    return text.replace(EXAMPLE_RUN, run)


def disable_functions(cloud: Cloud) -> None:
    """Keep the local AWS from running its own functions, whatever calls them."""
    functions = cloud.client("lambda")
    for function in functions.list_functions()["Functions"]:
        functions.put_function_concurrency(
            FunctionName=function["FunctionName"], ReservedConcurrentExecutions=0
        )


def main() -> int:
    """Provide the engine, the image and the local AWS, and call the functions."""
    python = Path(sys.argv[1])
    files = {path.stem for path in EVENTS.glob("*.json")}
    assert files == {call.file for call in CALLS} | CUSTOM_RESOURCES, sorted(files)
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
                disable_functions(cloud)
                with forwarded(cloud.exports["AWS_ENDPOINT_URL"], environment) as address:
                    invoker = Invoker(cloud, address, environment)
                    play(cloud, invoker)
                    call_clean_up(cloud, invoker, environment)
                    call_image_build(cloud, invoker, environment)
            finally:
                cloud.stop()
    except NoEngineError as error:
        print(f"sam local invoke was not tried: {error}", file=sys.stderr)
        return 0 if os.environ.get("TUNEDROP_ENGINE") == "optional" else 1
    print("every function answered each of its events as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
