"""`python -m localcloud`: starts `localcloud.cli.command`, or names what this Python lacks."""

from __future__ import annotations

import sys
from importlib.util import find_spec

OLDEST_PYTHON = (3, 11)
PACKAGES = ("boto3", "ministack", "samtranslator", "torch", "trl")
"""Packages that localcloud and the programs it starts import; `make install` installs them."""
REMEDY = (
    "run `make install` once, then `make up`, `make local FILE=…` or "
    "`.venv/bin/python -m localcloud …`"
)
CANNOT_START = 2
"""The exit status of wrong usage, as `localcloud.cli.command` has it."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; 2 when this Python lacks a package."""
    if missing := lacking():
        print(f"localcloud: {sys.executable} {missing}: {REMEDY}", file=sys.stderr)
        return CANNOT_START
    from localcloud.cli.command import main as run  # noqa: PLC0415  # imports the packages that were checked

    return run(arguments)


def lacking() -> str:
    """Return what this Python lacks; an empty text when it lacks nothing."""
    if sys.version_info < OLDEST_PYTHON:
        return "is older than Python 3.11"
    absent = [name for name in PACKAGES if find_spec(name) is None]
    return f"has no package {', '.join(absent)}" if absent else ""


if __name__ == "__main__":
    sys.exit(main())
