"""Say what a stack on AWS still needs before a run costs money.

    python -m doctor [--stack tunedrop] [--recipe recipe.yaml] [--region eu-central-1]

The exit status is 1 if something is missing, and 0 otherwise. Nothing is changed.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from doctor import checks
from doctor.checks import Finding, State, asked

SIGNS = {State.OK: "ok", State.MISSING: "MISSING", State.UNKNOWN: "?"}


def findings(session: Any, stack: str, recipe: bytes) -> Iterator[Finding]:
    """Yield what each check found; the later ones need what the earlier ones found."""
    first = [*checks.region(session)]
    yield from first
    if any(each.state is State.MISSING for each in first):
        return
    allowed = [*checks.credentials(session)]
    yield from allowed
    if any(each.state is State.MISSING for each in allowed):
        return
    deployed, found = checks.stack(session, stack)
    yield found
    if deployed is None:
        return
    yield from asked("The subscriptions", lambda: checks.subscription(session, deployed))
    yield from asked("The training image", lambda: checks.training_image(session, deployed))
    wanted, found = checks.recipe(recipe, deployed)
    yield found
    if wanted is None:
        return
    yield from asked("The base model", lambda: checks.base_model(session, deployed, wanted))
    yield from asked("The quotas", lambda: checks.quotas(session, wanted))


def shown(finding: Finding) -> str:
    """Return the lines that a person reads."""
    line = f"{SIGNS[finding.state]:8} {finding.text}"
    return f"{line}\n{'':8} -> {finding.remedy}" if finding.remedy else line


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make doctor", description="Says what a stack needs before a run costs money"
    )
    parser.add_argument("--stack", default="tunedrop", help="its name (default: tunedrop)")
    parser.add_argument("--region", help="default: the one of your AWS settings")
    parser.add_argument("--recipe", type=Path, help="recipe.yaml (default: the defaults)")
    options = parser.parse_args(arguments)
    if options.recipe and not options.recipe.is_file():
        parser.error(f"there is no file {options.recipe}")
    recipe = options.recipe.read_bytes() if options.recipe else b""
    try:
        session = boto3.Session(region_name=options.region)
    except BotoCoreError as error:  # AWS_PROFILE names no profile.
        parser.error(f"{error}; `aws configure list-profiles` lists those that exist")
    is_missing = False
    for finding in findings(session, options.stack, recipe):
        print(shown(finding), flush=True)
        is_missing = is_missing or finding.state is State.MISSING
    print("\nMend what is missing, then run this again." if is_missing else "\nNothing is missing.")
    return int(is_missing)


if __name__ == "__main__":
    sys.exit(main())
