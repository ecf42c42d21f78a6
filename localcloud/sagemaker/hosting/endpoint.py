"""The state of one endpoint, as DescribeEndpoint shows it, and its changes of status."""

from __future__ import annotations

import copy
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import validation_error
from localcloud.sagemaker.events import ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.sagemaker.runtime import Runtime

MAX_FAILURE_REASON = 1024
"""AWS cuts a FailureReason after this number of characters."""
_EVENT_MEMBERS = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "ProductionVariants",
    "CreationTime",
    "LastModifiedTime",
)


class Endpoint:
    """The state of one endpoint; every method may be called from any thread."""

    def __init__(
        self,
        description: dict[str, Any],
        runtime: Runtime,
        tags: Callable[[], dict[str, str]],
    ) -> None:
        self._description = description
        self._runtime = runtime
        self._tags = tags
        self._lock = threading.RLock()
        self.port: int | None = None
        """The port of the serving program while it is healthy."""
        self.delete_requested = threading.Event()

    @property
    def name(self) -> str:
        """EndpointName."""
        return str(self._description["EndpointName"])

    @property
    def status(self) -> str:
        """EndpointStatus in the spelling of the API: `InService`."""
        return str(self._description["EndpointStatus"])

    @property
    def variant_name(self) -> str:
        """Name of the production variant."""
        return str(self._description["ProductionVariants"][0]["VariantName"])

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeEndpoint at this moment; times are epoch seconds."""
        with self._lock:
            return copy.deepcopy(self._description)

    def move(self, status: str, **members: Any) -> None:
        """Enter a status, and send an event."""
        with self._lock:
            self._description |= {
                **members,
                "EndpointStatus": status,
                "LastModifiedTime": time.time(),
            }
            self._send_event()

    def fail(self, reason: str) -> None:
        """Enter the status Failed: the endpoint never came into service."""
        self.move("Failed", FailureReason=reason[:MAX_FAILURE_REASON])

    def begin_update(self) -> None:
        """UpdateEndpoint: refused unless the endpoint is InService, as AWS refuses it."""
        with self._lock:
            if self.status != "InService":
                raise self._in_progress()
            self._description.pop("FailureReason", None)
            self.move("Updating")

    def end_update(self, port: int, configured: dict[str, Any]) -> None:
        """Send requests to the program at this port; `configured` describes its configuration."""
        with self._lock:
            self.port = port
            self.move("InService", **configured)

    def roll_back(self, reason: str) -> None:
        """Stay with the program of before the update, because the new one did not start."""
        with self._lock:
            self.move("RollingBack")
            self.move("InService", FailureReason=reason[:MAX_FAILURE_REASON])

    def request_delete(self) -> None:
        """DeleteEndpoint: refused while the endpoint is Creating, as AWS refuses it."""
        with self._lock:
            if self.status not in ("InService", "Failed"):
                raise self._in_progress()
            self.move("Deleting")
            self.delete_requested.set()

    def _in_progress(self) -> Exception:
        arn = self._description["EndpointArn"]
        return validation_error(f'Cannot update in-progress endpoint "{arn}".')

    def _send_event(self) -> None:
        detail = {name: self._description[name] for name in _EVENT_MEMBERS}
        self._runtime.events.send(
            ENDPOINT,
            self._description["EndpointArn"],
            {
                **copy.deepcopy(detail),
                "EndpointStatus": upper_snake(self.status),
                "Tags": self._tags(),
            },
        )


def upper_snake(status: str) -> str:
    """Convert a status to the spelling of events: `InService` to `IN_SERVICE`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def configured(config: dict[str, Any], image: str) -> dict[str, Any]:
    """Return the members of a description that an endpoint configuration decides."""
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": [
            _variant_summary(config["ProductionVariants"][0], image, time.time())
        ],
    }


def new_description(name: str, arn: str, config: dict[str, Any], image: str) -> dict[str, Any]:
    """Return the description of a new endpoint."""
    now = time.time()
    return {
        "EndpointName": name,
        "EndpointArn": arn,
        **configured(config, image),
        "EndpointStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
    }


def _variant_summary(variant: dict[str, Any], image: str, now: float) -> dict[str, Any]:
    weight = variant.get("InitialVariantWeight", 1.0)
    count = variant.get("InitialInstanceCount", 1)
    return {
        "VariantName": variant["VariantName"],
        "DeployedImages": [
            {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now}
        ],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }
