"""The product's modules read the virtual clock instead of the real one."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from types import SimpleNamespace
from typing import Any

from tests.model.simulation import START, Simulation

# Modules whose time is virtual: the product, and what stands for a part of it here.
READERS_OF_TIME = ("tunedrop.", "tests.model.questions")


class VirtualClock:
    """What `time` and `datetime.now` are during a simulation."""

    def __init__(self) -> None:
        self.simulation: Simulation | None = None
        self.module = SimpleNamespace(
            time=self.time, monotonic=self.time, perf_counter=self.time, sleep=self.sleep
        )
        self.datetime = _datetime_of(self.time)

    def time(self) -> float:
        """Return the virtual time (epoch seconds)."""
        return self.simulation.now if self.simulation else START

    def sleep(self, seconds: float) -> None:
        """Pause the invocation that is running."""
        if self.simulation and self.simulation.current:
            self.simulation.current.pause(seconds)


def _datetime_of(clock: Callable[[], float]) -> type[datetime]:
    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.fromtimestamp(clock(), tz or UTC)

    return VirtualDatetime


@contextmanager
def virtual_time(clock: VirtualClock) -> Iterator[None]:
    """Replace every reading of the time in the loaded modules that READERS_OF_TIME names."""
    replaced: list[tuple[Any, str, Any]] = []
    substitutes: tuple[tuple[Any, Any], ...] = (
        (time, clock.module),
        (time.time, clock.time),  # from time import time
        (datetime, clock.datetime),
    )
    for name, module in list(sys.modules.items()):
        if not name.startswith(READERS_OF_TIME) or name.startswith("tunedrop.dataset."):
            continue
        for attribute in ("time", "datetime"):
            value = getattr(module, attribute, None)
            for real, substitute in substitutes:
                if value is real:
                    replaced.append((module, attribute, value))
                    setattr(module, attribute, substitute)
    try:
        yield
    finally:
        for module, attribute, value in replaced:
            setattr(module, attribute, value)
