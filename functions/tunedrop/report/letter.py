"""The layout of a plain-text email: paragraphs, sections, lists, tables and the subject.

SNS requires a subject of one line with fewer than 100 ASCII characters, and a body of at most
256 KiB (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from textwrap import fill

from tunedrop.documents.characters import visible
from tunedrop.documents.figures import count
from tunedrop.errors import Problem

WIDTH = 76  # Columns that mail clients show without wrapping.
MAX_SUBJECT = 99  # Characters that SNS allows.
MAX_BODY = 60_000  # Characters of at most 4 bytes each: less than the 256 KiB of SNS.
MOST_PROBLEMS = 10  # Kinds of bad rows that an email lists; the commonest come first.
_TYPOGRAPHY = str.maketrans("“”‘’−–—", "\"\"''---") | {ord("…"): "..."}  # noqa: RUF001


def subject(text: str) -> str:
    """Return the text as SNS accepts it: one line of ASCII, cut to 99 characters."""
    plain = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY))
    ascii_text = plain.encode("ascii", "ignore").decode()
    line = re.sub(r"[\x00-\x20\x7f]+", " ", ascii_text).strip()
    return line if len(line) <= MAX_SUBJECT else line[: MAX_SUBJECT - 3].rstrip() + "..."


def body(parts: Iterable[str]) -> str:
    """Return the parts with an empty line between them; empty parts are left out.

    Hidden characters become escapes. The parts must have replaced line breaks in their values.
    """
    text = visible("\n\n".join(part for part in parts if part) + "\n", keep="\n")
    return text if len(text) <= MAX_BODY else text[:MAX_BODY] + "\n[cut: see the report]\n"


def paragraph(text: str) -> str:
    """Return the text wrapped; words longer than a line, such as addresses, are not broken."""
    return fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def section(title: str, *parts: str) -> str:
    """Return a section with a title, or an empty text when it has no content."""
    content = "\n".join(part for part in parts if part)
    return f"{title.upper()}\n{content}" if content else ""


def bullets(lines: Iterable[str]) -> str:
    """Return a list, wrapped, each item after a dash."""
    return "\n".join(hanging("- ", line) for line in lines)


def hanging(lead: str, text: str, *, break_words: bool = False) -> str:
    """Return the text wrapped after a lead, its further lines indented by the lead's width.

    Words longer than a line, such as addresses, are not broken unless `break_words` is true.
    """
    return fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=break_words,
        break_on_hyphens=False,
    )


def facts(pairs: Iterable[tuple[str, str | None]]) -> str:
    """Return "name  value" lines in two columns; pairs without a value are left out."""
    known = [(name, visible(value)) for name, value in pairs if value]
    width = max((len(name) for name, _ in known), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in known)


def table(cells: Sequence[Sequence[str]]) -> str:
    """Return rows of cells in columns: the first is aligned left, the others right."""
    rows = [[visible(cell) for cell in row] for row in cells]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "   ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def problem_list(problems: Sequence[Problem]) -> str:
    """Return the most frequent problems, each with an example and what to change."""
    listed, others = problems[:MOST_PROBLEMS], len(problems) - MOST_PROBLEMS
    width = max((len(f"{problem.rows:,}") for problem in listed), default=0)
    blocks = [_block(problem, width) for problem in listed]
    if others > 0:
        blocks.append(f"and {count(others, 'other problem')}.")
    return "\n\n".join(blocks)


def _block(problem: Problem, width: int) -> str:
    """Return one problem: how many rows have it, an example and the remedy."""
    rows = f"{problem.rows:>{width},} {'row' if problem.rows == 1 else 'rows'}"
    known = (
        ("Example", f"{problem.place}: {problem.message}"),
        ("Content", problem.excerpt),
        ("To do", problem.fix),
    )
    lines = [hanging(f"{rows} ", problem.meaning)]
    for name, text in known:
        if text:
            lines.append(hanging(f"    {name:<8}  ", text, break_words=True))
    return "\n".join(lines)
