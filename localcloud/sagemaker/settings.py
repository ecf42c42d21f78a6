"""What this SageMaker may be told: programs for images, folders, grace periods."""

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
    """Command line of `docker run IMAGE train`, the first word an absolute path; empty: none."""
    serve: Sequence[str] = ()
    """Command line of `docker run IMAGE serve`, likewise."""
    entrypoints: Mapping[str, Callable[[], Sequence[str]]] = field(default_factory=dict)
    """Programs that a processing job's ContainerEntrypoint may begin with: each gives its command
    line, likewise, when a job is to start it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the image's Dockerfile sets with ENV."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SageMakerSettings:
    """Settings of the service; the defaults are AWS's own figures where AWS has one."""

    state_dir: Path
    """Work folders of jobs and endpoints; what a killed run left there is removed at the start."""
    images: Mapping[str, Image]
    """Programs by the repository name of the image URI (`…/tunedrop-training:1.0`)."""
    stop_grace_seconds: float = 120.0
    """Between SIGTERM and SIGKILL for a training or processing job."""
    serve_stop_grace_seconds: float = 30.0
    """Between SIGTERM and SIGKILL for an endpoint."""
    invocation_seconds: float = 60.0
    """How long a container may take to answer an invocation."""
    ping_interval_seconds: float = 0.2
    """Between two health checks while an endpoint starts."""
    max_health_check_seconds: float = 3600.0
    """Upper bound of ContainerStartupHealthCheckTimeoutInSeconds, whose lower bound is 60."""
    checkpoint_interval_seconds: float = 2.0
    """Between two looks at the checkpoint folder."""
    log_interval_seconds: float = 0.5
    """Between two batches of log lines."""
    event_copies: int = 1
    """How often each state change is told: AWS may send several events for one change."""
