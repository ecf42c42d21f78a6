"""Measures what the initialisation of each Lambda function costs, on the runtime's Python.

    python3.13 benchmarks/init.py [--repeats 7]

The contenders are the import of each handler from the package and layers that `sam build` makes,
and, as the measure, what a function pays that follows the documentation of AWS: `import boto3` and
four clients, from packages as SAM's builder for pip leaves them, which is without byte code.

Each runs in a process of its own, in turns; the figures are CPU seconds of the whole process, the
interpreter's start included. `handler + client` adds the making of the S3 client, which the first
invocation needs. The program prints a line for each contender and, as the last line, one JSON
object with the ratios of the medians to the measure.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FUNCTIONS = ROOT / "functions"
BUILT = ROOT / ".cache" / "init"
HANDLERS = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))
MEASURE = "boto3 and four clients, without byte code"
WITH_CLIENT = " + client"
ENVIRONMENT = {
    "PATH": os.defpath,
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
}


def make(goal: str, folder: Path, target: str) -> Path:
    """Make a package with this Python for this machine, and return its folder."""
    built = BUILT / target
    built.mkdir(parents=True)
    variables = [f"ARTIFACTS_DIR={built}", f"LAMBDA_PYTHON={sys.executable}", "LAMBDA_PLATFORM="]
    command = ["make", "--silent", goal, *variables]
    subprocess.run(command, cwd=folder, check=True)
    return built


def build() -> tuple[list[Path], Path]:
    """Return the folders of package and layers, and one with the packages as pip leaves them."""
    shutil.rmtree(BUILT, ignore_errors=True)
    package = make("build-PrepareFunction", FUNCTIONS, "package")
    layers = [
        make(f"build-{name}Layer", FUNCTIONS / f"{name.lower()}_layer", name) / "python"
        for name in ("Prepare", "Tokenizer")
    ]
    plain = BUILT / "plain"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
    pip += ["--target", str(plain), "--requirement", str(FUNCTIONS / "requirements.txt")]
    subprocess.run(pip, check=True)
    return [package, *layers], plain


def contenders(path: list[Path], plain: Path) -> dict[str, tuple[str, list[Path]]]:
    """Return a program and its import path for each contender."""
    clients = "for name in ('s3', 'sagemaker', 'sns', 'lambda'): boto3.client(name)"
    found = {MEASURE: (f"import boto3\n{clients}", [plain])}
    for handler in HANDLERS:
        program = f"import {handler}.app"
        found[handler] = (program, path)
        found[handler + WITH_CLIENT] = (
            f"{program}\nfrom tunedrop.aws.clients import client\nclient('s3').get_object",
            path,
        )
    return found


def cpu_seconds(program: str, path: list[Path]) -> float:
    """Return the CPU time of a process that runs a program and writes no byte code."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = f"import sys\nsys.path[:0] = {[str(folder) for folder in path]}\n{program}"
    subprocess.run([sys.executable, "-I", "-S", "-B", "-c", text], env=ENVIRONMENT, check=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def main() -> None:
    """Build, measure in turns, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=7, help="processes of each contender")
    repeats = parser.parse_args().repeats
    runs = contenders(*build())
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats + 1):  # The first round only fills the cache of files.
        for name, (program, path) in runs.items():
            seconds[name].append(cpu_seconds(program, path))
    medians = {name: statistics.median(found[1:]) for name, found in seconds.items()}
    measure = medians.pop(MEASURE)
    print(f"{MEASURE:45} {measure:6.3f} s of CPU")
    for name, found in medians.items():
        print(f"{name:45} {found:6.3f} s of CPU, {found / measure:5.2f} of the measure")
    ratios = {name: round(found / measure, 3) for name, found in medians.items()}
    result = {
        "ratios": {handler: ratios[handler] for handler in HANDLERS},
        "with_client": {handler: ratios[handler + WITH_CLIENT] for handler in HANDLERS},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}",
        "repeats": repeats,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
