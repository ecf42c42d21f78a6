"""Settings of the local SageMaker: programs for images, folders, grace periods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """The programs that stand for one container image."""

    train: Sequence[str] = ()
    """The command line for `docker run IMAGE train`, with an absolute path first; empty: none."""
    serve: Sequence[str] = ()
    """The command line for `docker run IMAGE serve`, likewise."""
    entrypoints: Mapping[str, Callable[[], Sequence[str]]] = field(default_factory=dict)
    """By the first word of a processing job's ContainerEntrypoint: a function that returns the
    command line, likewise. It is called when a job starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables that the image's Dockerfile sets with ENV."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SageMakerSettings:
    """Settings of the service; the defaults are AWS's own figures where AWS has one."""

    state_dir: Path
    """Has the work folders of jobs and endpoints; those of a killed localcloud are removed."""
    images: Mapping[str, Image]
    """Programs by the repository name of the image URI (`…/tunedrop-training:1.0`)."""
    stop_grace_seconds: float = 120.0
    """Time between SIGTERM and SIGKILL for a training or processing job."""
    serve_stop_grace_seconds: float = 30.0
    """Time between SIGTERM and SIGKILL for an endpoint."""
    invocation_seconds: float = 60.0
    """Time in which a container must answer an invocation."""
    ping_interval_seconds: float = 0.2
    """Time between two health checks while an endpoint starts."""
    max_health_check_seconds: float = 3600.0
    """Upper bound of ContainerStartupHealthCheckTimeoutInSeconds, whose lower bound is 60."""
    checkpoint_interval_seconds: float = 2.0
    """Time between two looks at the checkpoint folder."""
    log_interval_seconds: float = 0.5
    """Time between two batches of log lines."""
    event_copies: int = 1
    """Number of events for each state change; AWS may send more than one."""
