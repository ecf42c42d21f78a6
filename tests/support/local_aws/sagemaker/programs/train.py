"""A small training program that does what its hyperparameter `action` names."""
# ruff: noqa: T201  # its output is the job's log

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(os.environ["SAGEMAKER_BASE_DIR"])
CONFIG = ROOT / "input" / "config"
HYPERPARAMETERS = json.loads((CONFIG / "hyperparameters.json").read_text())


def report() -> None:
    """Write the program's environment, configuration and files into the model folder."""
    data = ROOT / "input" / "data"
    seen = {
        "environment": dict(os.environ),
        "hyperparameters": HYPERPARAMETERS,
        "resourceconfig": json.loads((CONFIG / "resourceconfig.json").read_text()),
        "inputdataconfig": json.loads((CONFIG / "inputdataconfig.json").read_text()),
        "files": {
            str(path.relative_to(data)): path.read_text()
            for path in sorted(data.rglob("*"))
            if path.is_file()
        },
        "checkpoints": sorted(path.name for path in (ROOT / "checkpoints").glob("*")),
        "cwd": str(Path.cwd()),
    }
    (ROOT / "model" / "report.json").write_text(json.dumps(seen))
    (ROOT / "model" / "deep").mkdir()
    (ROOT / "model" / "deep" / "weights").write_bytes(b"\x00\x01")
    (ROOT / "output" / "data" / "notes.txt").write_text("beside the model")


def log_metrics() -> None:
    """Log two losses, a value that is not a number, and a long line on standard error."""
    print(json.dumps({"step": 1, "loss": 2.5}), flush=True)
    print(json.dumps({"step": 2, "loss": 1.25}), flush=True)
    print('{"loss": e}', flush=True)
    print("x" * 70_000, file=sys.stderr, flush=True)
    (ROOT / "model" / "weights").write_text("w")


def try_rate() -> None:
    """Log a first loss, and the loss of the hyperparameter `rate`, whose best value is 0.05."""
    try:
        rate = float(HYPERPARAMETERS["rate"])
    except ValueError:
        (ROOT / "output" / "failure").write_text("this rate cannot be tried")
        sys.exit(1)
    print(json.dumps({"loss": 0.0}), flush=True)
    print(json.dumps({"loss": abs(rate - 0.05)}), flush=True)
    (ROOT / "model" / "rate").write_text(HYPERPARAMETERS["rate"])


def fail() -> None:
    """Write a long reason into the failure file, and fail."""
    (ROOT / "output" / "failure").write_text("the loss is not a number " + "!" * 2000)
    (ROOT / "model" / "half").write_text("not worth keeping")
    sys.exit(3)


def crash() -> None:
    """Fail without a message."""
    sys.exit(7)


def work_until_told() -> None:
    """Run until SIGTERM, then save and exit; leave a child process behind."""

    def end(_number: int, _frame: object) -> None:
        (ROOT / "model" / "saved").write_text("in time")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(f"pid {os.getpid()} working", flush=True)
    time.sleep(600)


def ignore_everything() -> None:
    """Ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (ROOT / "model" / "before").write_text("kept")
    print("ignoring SIGTERM", flush=True)
    time.sleep(600)


def checkpoint() -> None:
    """Continue from the highest checkpoint and save the next; with `wait`, run until SIGTERM."""
    folder = ROOT / "checkpoints"
    done = max((int(path.name) for path in folder.glob("[0-9]*")), default=0)
    (folder / str(done + 1)).mkdir()
    (folder / str(done + 1) / "state").write_text(f"after {done}")
    (ROOT / "model" / "resumed_from").write_text(str(done))
    if HYPERPARAMETERS.get("wait"):
        time.sleep(600)


def tensorboard() -> None:
    """Write a file for TensorBoard; with `wait`, write another one when SIGTERM comes."""
    folder = ROOT / "output" / "tensorboard"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "events").write_text("loss")

    def last(_signal: int, _frame: FrameType | None) -> None:
        (folder / "last").write_text("at the end")
        sys.exit(0)

    signal.signal(signal.SIGTERM, last)
    if HYPERPARAMETERS.get("wait"):
        time.sleep(600)


globals()[HYPERPARAMETERS["action"]]()
