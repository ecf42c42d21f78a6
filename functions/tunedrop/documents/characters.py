r"""Characters that change what people see around them: control characters and text direction.

A key of S3 may hold any character. A line break in it would write further lines into an email, an
escape character would steer a terminal, and a direction override would show the characters after
it in another order (https://www.unicode.org/reports/tr9/). People get to see them as escapes, such
as `\n`.
"""

import json
import re
from typing import Any

# Control characters (C0, DEL, C1), line and paragraph separators, the embeddings, overrides and
# isolates of text direction, and halves of surrogate pairs, which no UTF-8 file can hold. The marks
# U+200E, U+200F and U+061C are not here: they act as one letter of a right-to-left text does, and
# such texts need them.
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with an escape for each hidden character that is not in `keep`."""
    return HIDDEN.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def json_line(value: Any) -> str:
    """Return the value as one line of JSON that has no hidden character."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
