"""Runs the checkers of code, template, dependencies, secrets and workflows: `make checks`.

Each checker must find nothing. What is switched off stands with its reason in the files beside this
one, or beside the line. The audit of known vulnerabilities is skipped, with its reason, where its
service cannot be reached.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKS = ".ci/checks"
TOOLS = Path(sys.executable).parent
SOURCES = [
    "functions",
    "localcloud",
    "doctor",
    "training_container",
    "examples",
    "benchmarks",
    "docs",
    ".ci",
]
# What detect-secrets takes for secrets and is none: ids and digests in tests, made-up keys, `test`
# of the local AWS, and texts that name secrets. To add another:
#   .venv-checks/bin/python -m detect_secrets scan --baseline .ci/checks/secrets.baseline
BASELINE = f"{CHECKS}/secrets.baseline"
# The example events and the documents of earlier versions have made-up ids and digests.
NOT_SEARCHED = rf"^events/|^tests/functional/handlers/documents/|{BASELINE}"
MADE_UP = "0a1b2c3d4e5f"  # The run id in tests and examples.
# Files with the packages of functions, layers and training image; the other environments never
# meet foreign data.
SHIPPED = [
    "functions/requirements.txt",
    "functions/prepare_layer/requirements.txt",
    "functions/tokenizer_layer/requirements.txt",
    "training_container/requirements.txt",
    "training_container/gpu_requirements.txt",
]
AUDIT_SECONDS = 180


def program(name: str, *arguments: str) -> list[str]:
    """Return the command line of a checker of this environment."""
    return [str(TOOLS / name), *arguments]


def commands() -> dict[str, list[str]]:
    """Return the command of each checker that needs no service."""
    deptry = {
        f"deptry {tree}": program("deptry", tree, "--config", f"{CHECKS}/deptry_{tree}.toml")
        for tree in ("functions", "localcloud", "training_container")
    }
    return {
        "cfn-lint": program("cfn-lint", "template.yaml"),
        "bandit": program("bandit", "--quiet", "-r", *SOURCES, "-c", f"{CHECKS}/bandit.yaml"),
        "checkov": program("checkov", "-d", ".", "--config-file", f"{CHECKS}/checkov.yaml"),
        **deptry,
        "zizmor": program("zizmor", "--offline", "--quiet", ".github/workflows"),
    }


def secrets() -> list[str]:
    """Return a line for each possible secret in a tracked file that the baseline lacks."""
    known = json.loads((ROOT / BASELINE).read_text())["results"]
    excluded = ["--exclude-files", NOT_SEARCHED, "--exclude-secrets", MADE_UP]
    command = [sys.executable, "-m", "detect_secrets", "scan", *excluded]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        f"{file}:{found['line_number']}: {found['type']}"
        for file, all_found in json.loads(done.stdout)["results"].items()
        for found in all_found
        if found["hashed_secret"] not in {each["hashed_secret"] for each in known.get(file, [])}
    ]


def audit() -> str | None:
    """Look for known vulnerabilities; returns the reason when the service cannot be asked.

    Raises SystemExit when there are some.
    """
    requirements = [word for file in SHIPPED for word in ("--requirement", file)]
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = program("pip-audit", *requirements, *options)
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=AUDIT_SECONDS
        )
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"no answer within {AUDIT_SECONDS} seconds"
    except ValueError:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer"
    found = [package for package in packages if package.get("vulns")]
    for package in found:
        names = ", ".join(each["id"] for each in package["vulns"])
        print(f"{package['name']} {package['version']}: {names}")
    if found:
        raise SystemExit("pip-audit: known vulnerabilities; take newer versions of these packages")
    unknown = [package for package in packages if package.get("skip_reason")]
    return f"{len(unknown)} packages: {unknown[0]['skip_reason']}" if unknown else None


def main() -> None:
    """Run all checkers; the exit status is 1 when one of them finds something."""
    failed = []
    for name, command in commands().items():
        print(f"{name}:", end=" ", flush=True)
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print("nothing found" if done.returncode == 0 else f"failed\n{done.stdout}", flush=True)
        failed += [name] if done.returncode else []
    unknown = secrets()
    print("detect-secrets:", "\n".join(unknown) or "nothing found", flush=True)
    failed += ["detect-secrets"] if unknown else []
    reason = audit()
    print(f"pip-audit: skipped, {reason}" if reason else "pip-audit: nothing found")
    if failed:
        raise SystemExit(f"These checkers found something: {', '.join(failed)}")


if __name__ == "__main__":
    main()
