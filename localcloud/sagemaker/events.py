"""Sends state changes as EventBridge events, in AWS's spelling.

Source: the SageMaker user guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge".
Times are milliseconds since the epoch there, while the API answers in seconds; tags are a map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.sagemaker.platform import Platform

TRAINING_JOB = "SageMaker Training Job State Change"
TUNING_JOB = "SageMaker HyperParameter Tuning Job State Change"
PROCESSING_JOB = "SageMaker Processing Job State Change"
ENDPOINT = "SageMaker Endpoint State Change"


class EventSender:
    """Sends `copies` events for each change: AWS may send more than one."""

    def __init__(self, platform: Platform, copies: int = 1) -> None:
        self._platform = platform
        self._copies = copies

    def send(self, detail_type: str, arn: str, detail: dict[str, Any]) -> None:
        """Put the event on the default bus; times in `detail` are epoch seconds."""
        converted = in_milliseconds(detail)
        for _ in range(self._copies):
            self._platform.emit_event(detail_type, [arn], converted)


def in_milliseconds(value: Any) -> Any:
    """The same document with every `…Time` in whole milliseconds."""
    if isinstance(value, list):
        return [in_milliseconds(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        name: round(member * 1000)
        if name.endswith("Time") and isinstance(member, float)
        else in_milliseconds(member)
        for name, member in value.items()
    }
