"""Ends the processes localcloud started when localcloud itself dies, even by SIGKILL.

Run as a program of its own (`ProcessGuard` does): it reads `+<group>` and `-<group>` lines on
standard input and, when that pipe closes, kills the groups still on its list. A pipe works on
Linux and macOS alike; Linux's PR_SET_PDEATHSIG would fire when the starting *thread* ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


class ProcessGuard:
    """The list of process groups that must not outlive this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A session of its own: Ctrl-C in the terminal must not end the guard first.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={},
            text=True,
        )

    def add(self, group: int) -> None:
        """Kill this process group if localcloud dies."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Forget a group that has ended: the system may give its number to other processes."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the guard, and with it every group still on its list."""
        with self._lock:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.wait()

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.write(line)
                self._process.stdin.flush()


def kill_group(group: int) -> None:
    """Send SIGKILL to a process group; do nothing when it is gone."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # macOS answers EPERM for a group of zombies


def main() -> None:
    """Keep the list until the pipe closes."""
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        kill_group(group)


if __name__ == "__main__":
    main()
