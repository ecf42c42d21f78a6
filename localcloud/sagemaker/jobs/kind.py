"""What tells one kind of job from another: names, words and event members."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """One kind of job, as AWS names it."""

    prefix: str
    """`TrainingJob`: the job's members are `TrainingJobName`, `TrainingJobStatus` and so on."""
    words: str
    """`training job`."""
    arn: str
    """`training-job`."""
    log_group: str
    event: str
    """The detail-type of state changes."""
    event_members: tuple[str, ...]
    """What AWS's event carries of the description."""
    listed_members: tuple[str, ...]
    """What a List operation shows of the description."""
    taken: str
    """What AWS says of a name that is taken, before the ARN."""
    missing: str
    """What AWS says of a name that is not; `{name}` stands for it."""
