"""Set the environment variables that libraries read when they are first imported.

`tuning` and `serving` import this module before anything else, for these reasons:

- The containers have no network. Without the offline switches the Hugging Face libraries would wait
  minutes for time-outs.
- OpenMP starts a thread for each core of the machine, also where the process may use fewer cores.
  The surplus threads then delay every matrix product.
- OpenMP's threads keep their cores busy while they wait for each other. Without a limit this slows
  down other work on the machine: on two busy cores a batch took 148 s with waiting threads busy and
  40 s with them asleep. A thread that sleeps at once wakes up late: two idle cores trained
  208 tokens/s so, and 252 with a few microseconds of busy waiting before the sleep. More of it is
  worth 274 there, but tripled the processor time of a training beside other programs.
"""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells the limits of a container."""


def usable_cores(cgroups: Path = CGROUPS) -> int:
    """Return how many cores this process may use: its affinity, limited by the container's quota.

    A quota of 1.5 cores counts as 2. macOS has neither affinity nor quota.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    quota = _quota(cgroups)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(cgroups: Path) -> float | None:
    """Return the container's processor time in cores, or None when it has no limit.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max: quota and period in
    microseconds) and https://docs.kernel.org/scheduler/sched-bwc.html (version 1).
    """
    try:
        if (cgroups / "cpu.max").is_file():
            quota, period = (cgroups / "cpu.max").read_text().split()
        else:
            quota = (cgroups / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (cgroups / "cpu/cpu.cfs_period_us").read_text().strip()
    except (OSError, ValueError):
        return None
    return int(quota) / int(period) if quota.isdecimal() and int(period) > 0 else None


os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Turns of a loop before a thread sleeps; read only by GNU's OpenMP, which PyTorch has on Linux.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
os.environ.setdefault("OMP_NUM_THREADS", str(usable_cores()))
