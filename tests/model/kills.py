"""Kill real processes of the local AWS at random moments: the second part of `make faults`.

Each run is a drop of its own. While it goes its way, functions, jobs and servers are killed at
random. In the end every run has ended, with one email (two after a kill between the publishing of
the email and its record), and nothing that bills is left. The last line is JSON with the figures.
"""

import argparse
import contextlib
import json
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from tests.support.builders.tables import labelled_rows  # noqa: E402 - needs the path
from tests.support.builders.tiny_model import make_tiny_model  # noqa: E402
from tests.support.local_aws.cloud import Cloud, wait_for  # noqa: E402

RECIPE = """
rows: {max_train: 16, max_validation: 8, max_test: 40}
split: {test: 0.4}
hyperparameters: {epochs: 0.5, max_length: 256, evaluations_per_epoch: 1}
generation: {max_tokens: 16}
"""
TUNING = "tune: {jobs: 2, parallel: 1}\n"
TUNED_RUN = 4  # Each fourth run is trained by a tuning job, on both stacks.
KILLS_A_RUN = 3  # At most; the number is drawn.
PAUSE_SECONDS = (0.5, 12.0)  # Between two kills; a whole run takes about half a minute.
SWEEP_SECONDS = 20.0  # On AWS 15 minutes. A lost event is then sent again.
TIMEOUT_SECONDS = 60  # Of the functions, so that the lease of a killed one ends soon.
PROGRAMS = {"train.py": "training job", "serve.py": "server", "prepare.job": "processing job"}
# What works at each stage. Other processes are idle, and are killed only when none of these runs.
WORKING = {
    "prepare": ("PrepareFunction", "processing job"),
    "train": ("TrainFunction", "training job"),
    "deploy": ("DeployFunction", "server"),
    "evaluate": ("EvaluateFunction", "server"),
}
# Functions that send emails: a kill between the publishing and its record allows a second email.
SENDERS = ("EvaluateFunction", "ReportFailureFunction", "SweepFunction")
# Half of the runs are prepared in a function, the others in a processing job.
STACKS: tuple[dict[str, str], ...] = ({}, {"PrepareLimitMegabytes": "0"})
LAST_SECONDS = 15.0  # What still comes after the last sweep comes within this time.


class ViolationError(Exception):
    """A promise was broken."""


def processes(cloud: Cloud) -> Iterator[tuple[str, psutil.Process]]:
    """Yield the kind and process of everything that runs on the local AWS."""
    for child in psutil.Process(cloud.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            parts, environment = child.cmdline(), child.environ()
            program = next((each for each in PROGRAMS if any(each in part for part in parts)), None)
            if program:
                yield PROGRAMS[program], child
            elif name := environment.get("AWS_LAMBDA_FUNCTION_NAME"):
                yield name.split("-")[1], child


def kill_one(cloud: Cloud, random: Random, stage: str) -> str | None:
    """Kill a random process, best one that works at this stage; returns its kind."""
    found: dict[str, list[psutil.Process]] = {}
    for kind, process in processes(cloud):
        found.setdefault(kind, []).append(process)
    if not found:
        return None
    working = [kind for kind in WORKING.get(stage, ()) if kind in found]
    kind = random.choice(working or sorted(found))
    with contextlib.suppress(psutil.Error):
        random.choice(found[kind]).kill()
    return kind


class Killing:
    """One run under kills, from its drop until everything has ended."""

    def __init__(self, cloud: Cloud, random: Random, dataset: str, recipe: str = RECIPE) -> None:
        self.cloud, self.random, self.dataset, self.recipe = cloud, random, dataset, recipe
        self.kills: Counter[str] = Counter()
        self._swept = time.monotonic()

    def play(self) -> str:
        """Drop a file, kill, and wait for the end; returns how the run ended."""
        self.cloud.drop(
            self.dataset, labelled_rows(120, seed=self.random.randrange(1000)), self.recipe
        )
        for _ in range(self.random.randint(1, KILLS_A_RUN)):
            self._until_killing(time.monotonic() + self.random.uniform(*PAUSE_SECONDS))
            if kind := kill_one(self.cloud, self.random, self._run().get("stage", "")):
                self.kills[kind] += 1
        self._until(self._ended)
        self._until(lambda: not self._left())
        return str(self._run()["status"])

    def _until_killing(self, due: float) -> None:
        self._until(lambda: time.monotonic() >= due or self._ended())

    def _until(self, reached: Callable[[], bool]) -> None:
        def look() -> bool:
            if time.monotonic() - self._swept > SWEEP_SECONDS:
                self._swept = time.monotonic()
                invoke(self.cloud, "SweepFunction")
            return reached()

        wait_for(look, lambda: f"{self.dataset}: {self._left()}\n{self._run()}")

    def _run(self) -> dict[str, Any]:
        return self.cloud.current_run(self.dataset) or {"status": "no run"}

    def _ended(self) -> bool:
        return self._run()["status"] in ("succeeded", "failed") and bool(self._emails())

    def _emails(self) -> int:
        return len(self.cloud.emails(self.dataset))

    def _left(self) -> list[str]:
        """Return what bills or is to be looked after: jobs, endpoints, configs, models, markers."""
        client = self.cloud.client("sagemaker")
        found = []
        for operation, items, name in (
            (client.list_endpoints, "Endpoints", "EndpointName"),
            (client.list_endpoint_configs, "EndpointConfigs", "EndpointConfigName"),
            (client.list_models, "Models", "ModelName"),
        ):
            found += [item[name] for item in operation()[items]]
        for operation, kind in (
            (client.list_training_jobs, "TrainingJob"),
            (client.list_hyper_parameter_tuning_jobs, "HyperParameterTuningJob"),
            (client.list_processing_jobs, "ProcessingJob"),
        ):
            jobs = operation(StatusEquals="InProgress")[f"{kind}Summaries"]
            found += [job[f"{kind}Name"] for job in jobs]
        ours = [name for name in found if name.startswith(f"{self.dataset}-")]
        return ours + self.cloud.keys(f"runs/_active/{self._run().get('run', '?')}")

    def check(self) -> None:
        """Raise ViolationError unless there is one email, or two after a kill of its sender."""
        most = 1 + sum(self.kills[name] for name in SENDERS)
        if not 1 <= self._emails() <= most:
            raise ViolationError(
                f"{self.dataset}: {self._emails()} emails after {dict(self.kills)}"
            )


def invoke(cloud: Cloud, logical_id: str) -> None:
    """Invoke a function without waiting for its answer."""
    client = cloud.client("lambda")
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    (name,) = [name for name in names if logical_id in name]
    client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")


def shorten(cloud: Cloud) -> None:
    """Give every function a short time limit."""
    client = cloud.client("lambda")
    for each in client.list_functions()["Functions"]:
        client.update_function_configuration(
            FunctionName=each["FunctionName"], Timeout=TIMEOUT_SECONDS
        )


def play(runs: int, random: Random, directory: Path, parameters: dict[str, str]) -> Counter[str]:
    """Play so many runs on one local AWS; returns the figures, raises ViolationError."""
    figures, played = Counter[str](), []
    model = directory / "model"
    model.mkdir(parents=True)
    make_tiny_model(model)
    cloud = Cloud(directory / "cloud", model, parameters)
    try:
        shorten(cloud)
        for number in range(runs):
            tuning = TUNING if number % TUNED_RUN == TUNED_RUN - 1 else ""
            killing = Killing(cloud, random, f"kills-{number:03}", RECIPE + tuning)
            status = killing.play()
            played.append(killing)
            figures.update({f"runs {status}": 1})
            figures.update({f"kills of {kind}": n for kind, n in killing.kills.items()})
            print(f"{killing.dataset} {status} after {dict(killing.kills)}", flush=True)
        invoke(cloud, "SweepFunction")
        time.sleep(LAST_SECONDS)
        for killing in played:
            killing.check()
    finally:
        cloud.stop()
    return figures


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    began, figures = time.monotonic(), Counter[str]()
    random = Random(arguments.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as directory:
        for number, parameters in enumerate(STACKS):
            share = (arguments.runs + number) // len(STACKS)
            figures += play(share, random, Path(directory, str(number)), parameters)
    seconds = round(time.monotonic() - began)
    print(json.dumps({"seed": arguments.seed, "seconds": seconds, "violations": 0, **figures}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
