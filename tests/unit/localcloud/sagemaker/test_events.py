"""The spelling of times and statuses in events."""

from __future__ import annotations

import pytest

from localcloud.sagemaker.events import in_milliseconds
from localcloud.sagemaker.hosting.endpoint import upper_snake


def test_times_of_events_are_whole_milliseconds() -> None:
    # Given
    detail = {
        "CreationTime": 1.2345,
        "SecondaryStatusTransitions": [{"StartTime": 2.0, "Status": "Starting"}],
        "HyperParameters": {"EndTime": "3.0"},
    }

    # Then
    assert in_milliseconds(detail) == {
        "CreationTime": 1234,
        "SecondaryStatusTransitions": [{"StartTime": 2000, "Status": "Starting"}],
        "HyperParameters": {"EndTime": "3.0"},
    }


@pytest.mark.parametrize(
    ("status", "spelled"),
    [
        ("InService", "IN_SERVICE"),
        ("Creating", "CREATING"),
        ("UpdateRollbackFailed", "UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_events_spell_the_endpoint_status_in_capitals(status: str, spelled: str) -> None:
    assert upper_snake(status) == spelled
