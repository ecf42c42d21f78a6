"""runs/index.html: the list of all ended runs, written anew at each ending."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.index import IndexEntry
from tunedrop.documents.report import Report
from tunedrop.documents.run import Run
from tunedrop.ports.store import MissingError, Store
from tunedrop.report.index_page import render_index_page
from tunedrop.runs.repository import encode

READERS = 16  # Entries that are read at the same time.


def list_run(run: Run, report: Report | None, store: Store) -> None:
    """Write the entry of an ended run, and the page.

    Two runs that end at the same moment may each miss the other on the page. Its next version,
    written when the next run ends, has both.
    """
    store.write(keys.index_entry(run.run), encode(_entry(run, report)), "application/json")
    names = [*store.keys(keys.INDEX_ENTRIES)]
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        found = [entry for entry in pool.map(lambda name: _read(name, store), names) if entry]
    page = render_index_page(found).encode()
    store.write(keys.INDEX_PAGE, page, "text/html; charset=utf-8")


def _entry(run: Run, report: Report | None) -> IndexEntry:
    entry = IndexEntry(
        dataset=run.dataset,
        run=run.run,
        folder=run.folder,
        status=run.status,
        ended=run.ended or run.created,
        training_usd=run.cost.usd if run.cost else None,
        error=run.error.message if run.error else None,
    )
    if report:
        entry.verdict = report.verdict
        entry.metric = report.metrics[report.primary_metric].title
        entry.gain = report.comparisons[0].difference.value
    return entry


def _read(name: str, store: Store) -> IndexEntry | None:
    with suppress(MissingError, msgspec.DecodeError):
        return msgspec.json.decode(store.read(name).body, type=IndexEntry)
    return None
