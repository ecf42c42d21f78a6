"""The settings and the environment of a function's process, fixed when it starts."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionSpecification:
    """One deployed function."""

    name: str
    arn: str
    handler: str
    role_arn: str
    memory_mb: int
    timeout_seconds: int
    log_group: str
    variables: Mapping[str, str]
    """The template's Environment variables."""
    code: Path
    """The unpacked package."""
    layers: tuple[Path, ...] = ()
    """Unpacked layers, in the order of the template."""

    def path(self) -> list[str]:
        """The folders from which a handler imports, in AWS's order, before the standard library."""
        return [str(self.code), *(str(layer / "python") for layer in self.layers)]


def process_environment(
    specification: FunctionSpecification, work_dir: Path, aws: Mapping[str, str], log_stream: str
) -> dict[str, str]:
    """Return all variables of a function's process; none is inherited.

    The names are those of the Lambda runtime
    (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), with HOME and TMPDIR in the
    process's own folder, because there is no sandbox: no file of the host's user is read.

    Args:
        specification: the function.
        work_dir: the process's own folder, removed with it.
        aws: credentials, Region and endpoint, from `Emulator.environment`.
        log_stream: the stream its log lines go to.
    """
    return {
        **specification.variables,
        **aws,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": str(work_dir),
        "TMPDIR": str(work_dir),
        "_HANDLER": specification.handler,
        "LAMBDA_TASK_ROOT": str(specification.code),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": specification.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(specification.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": specification.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
    }
