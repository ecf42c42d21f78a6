"""What the libraries read when they are first imported; `tuning` and `serving` import this first.

- The containers are network-isolated: without the offline switches the Hugging Face libraries would
  spend the first minutes in time-outs.
- OpenMP starts a thread for each core of the machine, also where the process may use fewer. The
  threads that are too many wait for each other at every product.
- OpenMP's threads spin while they wait for each other. Without a limit they take time from other
  work: on two busy cores a batch took 148 s spinning and 40 s sleeping. Asleep at once they wake
  late: two idle cores trained 208 tokens/s then, and 274 with a short spin before the sleep.
"""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def usable_cores(cgroups: Path = CGROUPS) -> int:
    """Count the cores that this process may use: its affinity, limited by the container's quota.

    A quota of 1.5 cores counts as 2. `cgroups` is where Linux tells the quota; macOS has neither.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    quota = _quota(cgroups)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(cgroups: Path) -> float | None:
    """Return the container's share of processor time in cores, or None when there is no limit.

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
# Turns of a loop, about 0.1 ms; only GNU's OpenMP, which PyTorch brings on Linux, reads it.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")
os.environ.setdefault("OMP_NUM_THREADS", str(usable_cores()))
