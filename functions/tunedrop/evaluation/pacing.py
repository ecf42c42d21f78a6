"""How many requests an endpoint gets at the same time, and when a request is sent again.

The limit follows TCP's congestion control (RFC 5681): it is halved when the endpoint refuses
requests or becomes slow, once for each round of requests. Then it grows by one with each answer up
to half of what was too much, and by one with each round of answers above that.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from random import Random

from tunedrop.ports.services import BusyError

# A container has 60 s for an answer. Requests that take half of it are a sign of too many.
SLOW_SECONDS = 30.0
# An endpoint that answers nothing for so long has failed. A container restarts in less time.
PATIENCE_SECONDS = 60.0
FEWEST_FAILURES = 4  # A request fails at least this often before the whole endpoint has failed.
MAX_FAILURES = 10  # Failures of one request while others are answered; throttling is none.
MAX_TIMEOUTS = 3  # Time-outs of one request; each takes a minute or more.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # Seconds before a request is sent again.

Clock = Callable[[], float]


class Pace:
    """Admits requests up to a limit that changes with the answers.

    Args:
        most: the largest number of requests at the same time, and the first limit.
        clock: seconds that only grow.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.most = most
        self._clock = clock
        self._limit = self._enough = float(most)
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._slowed = float("-inf")
        self._answers = True  # Whether there was an answer since the limit was last halved.

    @property
    def limit(self) -> int:
        """The number of requests that may be under way now."""
        return int(self._limit)

    async def enter(self) -> float:
        """Wait until a request may be sent; returns the time at which it is sent."""
        while self._under_way >= self.limit:
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            await place
        self._under_way += 1
        return self._clock()

    def answered(self, sent: float) -> None:
        """Note the answer to a request that was sent at this time."""
        self._answers = True
        if self._clock() - sent >= SLOW_SECONDS:
            self._slow_down(sent)
        else:
            more = 1.0 if self._limit < self._enough else 1 / self._limit
            self._limit = min(float(self.most), self._limit + more)
        self.leave()

    def refused(self, sent: float) -> None:
        """Note that a request which was sent at this time got no answer."""
        self._slow_down(sent)
        self.leave()

    def leave(self) -> None:
        """Give the place of a request to the next one."""
        self._under_way -= 1
        free = self.limit - self._under_way
        while free > 0 and self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1

    def _slow_down(self, sent: float) -> None:
        if sent < self._slowed:  # Sent before the limit was halved.
            return
        self._limit = max(1.0, self._limit / 2)
        self._slowed = self._clock()
        if self._answers:
            self._enough = self._limit
            self._answers = False


class Patience:
    """Decides after each failure whether a request is sent again, and when."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        self._clock = clock
        self._chance = chance
        self._last_answer = clock()

    def answered(self) -> None:
        """Note that the endpoint answered something."""
        self._last_answer = self._clock()

    def pause(self, busy: BusyError, failures: Counter[str]) -> float:
        """Return how many seconds to wait; random, so that requests do not come back together.

        Args:
            busy: the failure.
            failures: those of this request by kind; the new one is added.

        Raises:
            TunedropError: no retry helps.
        """
        failures[busy.kind] += 1
        tries = failures.total()
        silent = self._clock() - self._last_answer >= PATIENCE_SECONDS
        if (
            (silent and tries >= FEWEST_FAILURES)
            or tries - failures["throttled"] >= MAX_FAILURES
            or failures["timeout"] >= MAX_TIMEOUTS
        ):
            raise busy.final from busy
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1))
        return longest * self._chance.uniform(0.5, 1)
