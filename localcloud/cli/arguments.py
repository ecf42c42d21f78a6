"""The command line of `python -m localcloud`."""

from __future__ import annotations

import argparse
from pathlib import Path

from localcloud.cli.run_documents import UNTIL
from localcloud.stack.template import TEMPLATE

DEFAULT_DIR = Path(".local")
DEFAULT_PORT = 4566


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; argparse exits with status 2 on wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m localcloud",
        description="The AWS that Tunedrop needs, on this machine: no account, no cost.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start, deploy template.yaml, and run until Ctrl-C")
    _add_common(up)
    run = commands.add_parser("run", help="start, drop FILE, follow its run, and stop")
    _add_common(run)
    run.add_argument("file", type=_file, metavar="FILE", help="the dataset to drop, as it is")
    run.add_argument("--dataset", help="name of the dataset (default: FILE without its suffix)")
    run.add_argument("--recipe", type=_file, help="recipe.yaml to upload with FILE")
    run.add_argument(
        "--until",
        choices=list(UNTIL),
        default="evaluated",
        help="stage after which to stop; `prepared` checks the data and trains nothing",
    )
    run.add_argument(
        "--force", action="store_true", help="start a new run, even of the same content"
    )
    run.add_argument("--out", type=Path, metavar="DIR", help="copy the run's folder to DIR")
    run.add_argument(
        "--json", action="store_true", help="print the result as JSON; progress goes to stderr"
    )
    check = commands.add_parser("check", help="show how FILE is read, in seconds; starts nothing")
    check.add_argument("file", type=_file, metavar="FILE", help="the dataset, as it is")
    check.add_argument("--recipe", type=_file, help="the recipe.yaml that FILE is dropped with")
    check.add_argument(
        "--out", type=Path, metavar="DIR", help="write the split files and dataset.html to DIR"
    )
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(arguments)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, default=DEFAULT_DIR, help="folder of its state (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port on 127.0.0.1 (default: %(default)s)"
    )
    parser.add_argument(
        "--template", type=_file, default=TEMPLATE, help="SAM template (default: the project's)"
    )
    parser.add_argument(
        "--email", default="demo@example.com", help="address that the stack notifies"
    )
    parser.add_argument(
        "--no-confirm", action="store_true", help="leave email subscriptions unconfirmed"
    )
    parser.add_argument(
        "--model",
        action="append",
        type=_model,
        default=[],
        metavar="ID=DIR",
        help="a base model: its id and a Hugging Face directory; may be repeated (default: the "
        "demo's model, fetched once)",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        type=_parameter,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template; may be repeated",
    )


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file")
    return path


def _port(text: str) -> int:
    port = int(text) if text.isdigit() else -1
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is no port: a number from 0 (any) to 65535")
    return port


def _model(text: str) -> tuple[str, Path]:
    model_id, separator, directory = text.partition("=")
    if not separator or not model_id or not Path(directory).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not ID=DIR with a directory that exists")
    return model_id, Path(directory)


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value
