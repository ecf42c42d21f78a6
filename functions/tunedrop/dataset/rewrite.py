"""What becomes of a spooled row when all rows are known: a system prompt, a label's spelling."""

import msgspec

from tunedrop.dataset.choice import Choice
from tunedrop.documents.rows import Message, Row

_SYSTEM = b'{"role":"system"'


class Rewriter:
    """Brings spooled rows to what the choice wants."""

    def __init__(self, choice: Choice) -> None:
        self._spellings = choice.spellings
        message = msgspec.json.encode(Message("system", choice.system or ""))
        self._message = message + b"," if choice.system else b""

    @property
    def is_needed(self) -> bool:
        """Whether any row would change."""
        return bool(self._message or self._spellings)

    def rewritten(self, line: bytes) -> bytes:
        """Return the row as it is to be written."""
        if self._spellings:
            row = msgspec.json.decode(line, type=Row)
            row.completion[-1].content = self._spellings.get(row.answer, row.answer)
            line = msgspec.json.encode(row) + b"\n"
        if not self._message:
            return line
        head, bracket, rest = line.partition(b"[")  # {"row":17,"prompt":[
        return line if rest.startswith(_SYSTEM) else head + bracket + self._message + rest
