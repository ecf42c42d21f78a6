"""Texts that people drop and that hold no rows as they are: what each is, and what to do."""

import re

_KINDS = (
    (
        re.compile(rb"(?:<!--.*?-->\s*)?<(?:!doctype html|html|head)\b", re.IGNORECASE | re.DOTALL),
        "is an HTML page",
        "Download the data itself: the page may be that of a login or of a preview.",
    ),
    (
        re.compile(rb"<\?xml|<!doctype\b", re.IGNORECASE),
        "is an XML document",
        "Write its rows as JSON Lines or CSV.",
    ),
    (
        re.compile(
            rb"(?:(?:--|#|/\*)[^\n]*\n\s*)*"
            rb"(?:CREATE|INSERT\s+INTO|DROP|SET|PRAGMA|BEGIN|USE|LOCK)\s[^\n]*(?:[(;]|\n)",
            re.IGNORECASE,
        ),
        "is an SQL dump",
        "Export the table as CSV.",
    ),
    (
        re.compile(rb"\|[^\n]*\|[ \t\r]*\n\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|"),
        "is a Markdown table",
        "Write the table as CSV.",
    ),
    (
        re.compile(rb"\[?\s*\{\s*'"),
        "holds rows in Python's notation, which is not JSON",
        "Write each row with json.dumps(row), not with str(row).",
    ),
)
_SQL = re.compile(
    rb"^(?:CREATE\s+TABLE|INSERT\s+INTO|DROP\s+TABLE|COPY\s+\S+\s.*FROM\s+stdin)",
    re.IGNORECASE | re.MULTILINE,
)


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Return (what a text is, what to do), or None for a text that may hold rows."""
    beginning = head[: 1 << 16].lstrip()
    for pattern, kind, remedy in _KINDS:
        if pattern.match(beginning) and (kind != "is an SQL dump" or _SQL.search(beginning)):
            return kind, remedy
    return None
