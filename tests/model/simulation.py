"""A simulation in virtual time: invocations are threads of which only one runs at a time.

An invocation hands over whenever it calls AWS or sleeps, so that invocations interleave exactly at
those points. The same schedule always gives the same order, because the time of each call decides
who runs next.
"""

import heapq
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar, Literal

START = 1_795_000_020.0  # Virtual time at the start (epoch seconds): a day in November 2026.

Ending = Literal["returned", "raised", "killed"]
OnEnd = Callable[[Ending, Any], None]


class KilledError(BaseException):
    """The process of an invocation was killed; nothing that it does has an effect any more."""


class ModelError(Exception):
    """The model itself is wrong, for instance because it lacks a call that the product makes."""


class Invocation:
    """One execution of a function or of a job's program.

    Args:
        simulation: the simulation that it runs in.
        name: what it runs, for traces.
        work: the code; its calls of AWS pause the invocation.
        seconds: its time limit; after that it is killed.
        on_end: called with how it ended and the result or the error.
    """

    def __init__(
        self,
        simulation: "Simulation",
        name: str,
        work: Callable[[], Any],
        seconds: float,
        on_end: OnEnd,
    ) -> None:
        self.simulation = simulation
        self.name = name
        self.deadline = simulation.now + seconds
        self.killed = False
        self.finished = False
        self.work = work
        self.on_end = on_end
        self._go = threading.Lock()
        self._go.acquire()

    def resume(self) -> None:
        """Run until the invocation pauses or ends. Called by the simulation."""
        if self.finished:
            return
        self.simulation.current = self
        self._go.release()
        self.simulation.back.acquire()
        self.simulation.current = None

    def pause(self, seconds: float) -> None:
        """Let this much time pass and others run; raises KilledError at the time limit."""
        if self.killed:
            raise KilledError
        simulation = self.simulation
        wake = min(simulation.now + seconds, self.deadline)
        if simulation.has_earlier(wake):
            simulation.at(wake, self.resume)
            simulation.back.release()
            self._go.acquire()
        else:
            simulation.now = wake
        self.killed = self.killed or simulation.now >= self.deadline
        if self.killed:
            raise KilledError

    def run(self) -> None:
        """Wait for the first turn, do the work, and hand over. Called in a worker's thread."""
        self._go.acquire()
        ending: Ending = "returned"
        result: Any = None
        try:
            result = self.work()
        except KilledError:
            ending = "killed"
        except ModelError as error:
            self.simulation.error = error
        except Exception as error:  # noqa: BLE001 - as Lambda does, with any error
            ending, result = "raised", error
        if self.killed:
            ending = "killed"
        self.finished = True
        self.on_end(ending, result)


class Worker(threading.Thread):
    """A thread that runs one invocation after another, because threads are slow to start."""

    idle: ClassVar[list["Worker"]] = []

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.next: Invocation | None = None
        self.wanted = threading.Semaphore(0)

    def run(self) -> None:
        """Run invocations as they come."""
        while True:
            self.wanted.acquire()
            invocation = self.next
            assert invocation
            invocation.run()
            self.idle.append(self)
            invocation.simulation.back.release()

    @classmethod
    def take(cls, invocation: Invocation) -> None:
        """Give the invocation to an idle worker, or to a new one."""
        if cls.idle:
            worker = cls.idle.pop()
        else:
            worker = cls()
            worker.start()
        worker.next = invocation
        worker.wanted.release()


class Simulation:
    """The clock, and everything that is due at some time."""

    def __init__(self) -> None:
        self.now = START
        self.current: Invocation | None = None
        self.error: ModelError | None = None
        self.back = threading.Lock()
        self.back.acquire()
        self._due: list[tuple[float, int, Callable[[], None], bool]] = []
        self._numbers = count()
        self._invocations: list[Invocation] = []
        self._busy = 0  # Entries that are not routine.

    def at(self, when: float, action: Callable[[], None], *, routine: bool = False) -> None:
        """Do something at that time. `routine` is what happens for ever, such as a schedule."""
        self._busy += not routine
        heapq.heappush(self._due, (max(when, self.now), next(self._numbers), action, routine))

    def start(
        self, name: str, work: Callable[[], Any], seconds: float, on_end: OnEnd
    ) -> Invocation:
        """Start an invocation now."""
        invocation = Invocation(self, name, work, seconds, on_end)
        self._invocations.append(invocation)
        Worker.take(invocation)
        self.at(self.now, invocation.resume)
        return invocation

    def has_earlier(self, when: float) -> bool:
        """Return whether something is due before that time."""
        return bool(self._due) and self._due[0][0] <= when

    @property
    def idle(self) -> bool:
        """Whether only routine is left."""
        return self._busy == 0

    def run(self, until: float, stop: Callable[[], bool]) -> None:
        """Run until that time, or until `stop` says so while only routine is left."""
        try:
            while self._due and self._due[0][0] <= until:
                when, _, action, routine = heapq.heappop(self._due)
                self.now = max(self.now, when)
                self._busy -= not routine
                if routine and self.idle and stop():
                    break
                action()
                if self.error:
                    raise self.error
        finally:
            self._end_all()

    def _end_all(self) -> None:
        for invocation in self._invocations:
            while not invocation.finished:
                invocation.killed = True
                invocation.on_end = lambda _ending, _result: None
                invocation.resume()
