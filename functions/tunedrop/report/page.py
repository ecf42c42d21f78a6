"""report.html: the report as a page that needs nothing but itself."""

from tunedrop.report.document import Report


def render_page(report: Report) -> str:
    """Return the whole page: HTML with its style and its charts inside, and no script."""
    raise NotImplementedError
