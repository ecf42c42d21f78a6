"""A training job without the platform: the folders of /opt/ml and the real program as a process."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.builders.training_document import training_document
from tests.support.pipeline.warm_start import WarmProcess
from tunedrop.documents.dataset import Task
from tunedrop.jobs.training_job import METRICS
from tuning.speed.precision import FILE

PROGRAM = Path(__file__).parents[3] / "training_container" / "train.py"


class TrainingJob:
    """One job's folders; it can be run more than once, as after a spot interruption.

    A warm job begins with its libraries imported; another starts Python, as in a container.
    """

    def __init__(self, root: Path, model: Path, *, warm: bool = True) -> None:
        self.root = root
        self._warm = warm
        for folder in ("input/config", "input/data/config", "model", "output/data", "checkpoints"):
            (root / folder).mkdir(parents=True)
        shutil.copytree(model, root / "input/data/model")

    def give(
        self,
        hyperparameters: Mapping[str, Any],
        *,
        train: Iterable[Mapping[str, Any]],
        validation: Iterable[Mapping[str, Any]],
        task: Task = "classification",
        **settings: Any,
    ) -> None:
        """Fill the channels. Hyperparameters that are not given have the recipe's defaults.

        `settings` replace other fields of training.json. The training stops early only if
        `patience` is among them.
        """
        config = training_document(task, **hyperparameters) | {"patience": 0, **settings}
        (self.root / "input/data/config/training.json").write_text(json.dumps(config))
        for channel, rows in (("train", train), ("validation", validation)):
            folder = self.root / "input/data" / channel
            folder.mkdir(exist_ok=True)
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{channel}.jsonl").write_text(lines, encoding="utf-8")

    def compute_in(self, precision: str) -> None:
        """Write the number type where a job keeps its choice, so that it does not measure.

        On a busy machine the measurements of two jobs may differ, and then their losses differ too.
        """
        kept = self.root / "checkpoints" / FILE
        kept.write_text(json.dumps({"precision": precision}), encoding="utf-8")

    def start(self) -> "TrainingProcess":
        """Start the program in the clean environment that a container has."""
        return TrainingProcess(self.root, warm=self._warm)

    def run(self) -> "TrainingProcess":
        """Start the program and wait until it has ended."""
        process = self.start()
        process.wait()
        return process

    @property
    def failure(self) -> str | None:
        """What would become the job's FailureReason."""
        file = self.root / "output" / "failure"
        return file.read_text(encoding="utf-8") if file.exists() else None

    @property
    def artifact(self) -> set[str]:
        """Names of the files left as the model artifact."""
        return {file.name for file in (self.root / "model").iterdir()}

    @property
    def summary(self) -> dict[str, Any]:
        """What training_summary.json says."""
        summary: dict[str, Any] = json.loads(
            (self.root / "model/training_summary.json").read_text()
        )
        return summary


class TrainingProcess:
    """The running program and its log."""

    def __init__(self, root: Path, *, warm: bool) -> None:
        self._log = root / f"log-{time.monotonic_ns()}.txt"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "SAGEMAKER_BASE_DIR": str(root),
            "TRAINING_JOB_NAME": "tests-0123456789ab-1",
            "OMP_NUM_THREADS": "1",
            "TMPDIR": str(root),
        }
        self.process: subprocess.Popen[bytes] | WarmProcess
        if warm:
            self._log.touch()  # The log is read before the process opens it.
            self.process = WarmProcess(environment, self._log)
            return
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM], stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    def wait(self, timeout: float = 600.0) -> int:
        """Wait for the end and give the exit status; a job that does not end is killed."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout)
            raise AssertionError(f"the job did not end:\n{self.text}") from None

    def wait_for_step(self, step: int, timeout: float = 600.0) -> None:
        """Wait until the log tells of that step."""
        deadline = time.monotonic() + timeout
        while not any(line.get("step", 0) >= step for line in self.lines):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"step {step} was not reached:\n{self.text}")
            time.sleep(0.005)

    @property
    def text(self) -> str:
        """The whole log."""
        return self._log.read_text(encoding="utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines of the log so far; warnings of libraries are left out."""
        whole = self.text.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in whole if line.startswith("{")]

    @property
    def metrics(self) -> dict[str, list[float]]:
        """What SageMaker reads in the log with the request's MetricDefinitions, by metric."""
        return {
            name: [float(value) for value in re.findall(regex, self.text)]
            for name, regex in METRICS.items()
        }

    @property
    def losses(self) -> dict[int, float]:
        """Training loss by step."""
        return {line["step"]: line["loss"] for line in self.lines if "loss" in line}

    @property
    def validation_losses(self) -> dict[int, float]:
        """Validation loss by step."""
        return {line["step"]: line["eval_loss"] for line in self.lines if "eval_loss" in line}
