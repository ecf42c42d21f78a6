"""What the alarms watch: how old the oldest live run is, and what the month's runs cost."""

from contextlib import suppress

import msgspec

from tunedrop.lifecycle.bills import month_usd
from tunedrop.lifecycle.ending import Ending
from tunedrop.ports.store import MissingError
from tunedrop.runs.repository import Runs, now, seconds_since


def measure(ending: Ending) -> None:
    """Tell the age of the oldest live run and the spending of this calendar month (UTC)."""
    month = now()[:7]
    ending.measures.of_stack(
        _oldest_seconds(ending.runs),
        month_usd(month, ending, ending.runs.catalogue()),
    )


def _oldest_seconds(runs: Runs) -> float:
    """Return the age of the oldest running run; a run that asks waits for a person."""
    ages = [0.0]
    for run_id in runs.active():
        # It may have just ended, or not be written yet; sweep itself tells of one it cannot read.
        with suppress(MissingError, msgspec.DecodeError):
            run = runs.load(runs.marker(run_id).folder).run
            if run.status == "running":
                ages.append(seconds_since(run.created))
    return max(ages)
