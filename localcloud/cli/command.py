"""Runs the commands of `python -m localcloud`, which `arguments` lists.

Exit status: 0 done, 1 the run failed or asks how the file is meant, 2 wrong usage or localcloud
could not start, 130 interrupted.
"""

from __future__ import annotations

import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from localcloud.aws.server import free_port
from localcloud.cli.arguments import parse
from localcloud.cli.check_command import check_file
from localcloud.cli.run_command import as_json, as_text, run_file
from localcloud.cli.run_documents import RunDocuments
from localcloud.cli.terminal import print_now
from localcloud.cli.up_command import greeting, watch
from localcloud.service import LocalCloudError
from localcloud.stack.launcher import LocalCloud, LocalCloudSettings
from localcloud.stack.model_choice import ModelChoice
from localcloud.stack.template import TEMPLATE

if TYPE_CHECKING:
    import argparse

INTERRUPTED = 130
"""The exit status of a program that SIGINT ended, as shells report it."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = parse(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM):  # a background job of a shell ignores SIGINT
        signal.signal(ending, _interrupt)
    try:
        if options.command == "check":
            return check_file(options, print_now)
        return _up(options) if options.command == "up" else _run(options)
    except LocalCloudError as error:
        print_now(f"localcloud: {error}", sys.stderr)
        return 2
    except KeyboardInterrupt:
        print_now("localcloud: interrupted; everything is stopped", sys.stderr)
        return INTERRUPTED


def _up(options: argparse.Namespace) -> int:
    with LocalCloud(_settings(options, _models_of_up(options)), print_now) as cloud:
        print_now(greeting(cloud))
        try:
            watch(cloud, print_now)
        except KeyboardInterrupt:
            print_now("stopping")
            RunDocuments(cloud.client("s3"), cloud.bucket).remove_checkpoints()
    return 0


def _models_of_up(options: argparse.Namespace) -> ModelChoice | None:
    """Any dataset may be dropped later; another template than the product's may need no models."""
    is_product = options.template == TEMPLATE
    return ModelChoice(given=dict(options.model)) if options.model or is_product else None


def _run(options: argparse.Namespace) -> int:
    say = partial(print_now, file=sys.stderr if options.json else sys.stdout)
    dataset = options.dataset or options.file.stem
    models = ModelChoice(given=dict(options.model), dataset=dataset, recipe=options.recipe)
    with LocalCloud(_settings(options, models), say) as cloud:
        for address in cloud.emulator.confirmed_addresses:
            say(f"localcloud confirmed the email subscription of {address}, as its owner would")
        result = run_file(cloud, options, say)
        RunDocuments(cloud.client("s3"), cloud.bucket).remove_checkpoints()
    print_now(as_json(result) if options.json else f"\n{as_text(result, options.until)}")
    return result.exit_code


def _settings(options: argparse.Namespace, models: ModelChoice | None) -> LocalCloudSettings:
    return LocalCloudSettings(
        state_dir=options.dir,
        port=options.port or free_port(),
        template=options.template,
        email=options.email,
        confirm_emails=not options.no_confirm,
        models=models,
        parameters=dict(options.parameter),
        catch_up=options.command == "up",  # `run` is about one dataset only
    )


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
