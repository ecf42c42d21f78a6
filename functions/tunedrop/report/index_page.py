"""index.html: every ended run of every dataset, the newest first."""

from collections.abc import Sequence
from urllib.parse import quote

from tunedrop.documents import keys
from tunedrop.documents.index import IndexEntry
from tunedrop.report.page import PILLS
from tunedrop.report.template import render


def render_index_page(entries: Sequence[IndexEntry]) -> str:
    """Return the page: HTML without scripts, with relative links to the runs' pages."""
    newest_first = sorted(entries, key=lambda entry: entry.ended, reverse=True)
    return render(
        "index.html.j2",
        runs=[(entry, *_pill(entry), _link(entry)) for entry in newest_first],
        datasets=len({entry.dataset for entry in entries}),
    )


def _pill(entry: IndexEntry) -> tuple[str, str]:
    return PILLS[entry.verdict] if entry.verdict else ("bad", "Failed")


def _link(entry: IndexEntry) -> str:
    """Return the relative address of the run's report; a failed run has only its state."""
    page = keys.REPORT_PAGE if entry.verdict else keys.RUN
    return quote(f"{entry.folder.removeprefix(keys.RUNS)}/{page}")
