"""Prints to the terminal: texts of files and logs cannot steer it.

An escape character would move the cursor or change the window's title, and a direction override
would show the characters after it in another order.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters without tab and line feed, separators of lines, overrides of text direction,
and halves of surrogate pairs, which a file name that is not UTF-8 has."""


def shown(text: str) -> str:
    r"""Return the text with an escape such as \u001b, as JSON has it, for each such character."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_now(text: str, file: TextIO | None = None) -> None:
    """Print a text at once; `file` is sys.stdout if not given."""
    print(shown(text), file=file or sys.stdout, flush=True)
