"""One row as it was read, before its columns are interpreted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

Fields = dict[str, Any]
SplitName = Literal["train", "validation", "test"]

LONGEST_CONTENT = 2_000  # Characters of a rejected row that rejected.jsonl contains.


class RowError(ValueError):
    """Why a row cannot be used.

    Args:
        reason: a short code, counted in dataset.json.
        message: one sentence for people.
        column: the column or JSON path of the fault, if there is one.
        fix: what to change, if known.
    """

    def __init__(
        self, reason: str, message: str, column: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.column = column
        self.fix = fix

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle all arguments, so that the error can be sent between processes."""
        return RowError, (self.reason, self.message, self.column, self.fix)


class Record(msgspec.Struct, gc=False):
    """A row of the source: named values, unparsed JSON, or the error of an unreadable row.

    `row` is the 1-based number of the data row, `line` the physical line on which it starts, and
    `raw` its bytes (empty for formats that are not text). `file` and `split` are set when a drop
    has several parts.
    """

    row: int
    line: int | None
    raw: bytes
    values: Fields | None = None
    error: RowError | None = None
    file: str | None = None
    split: SplitName | None = None

    def fields(self) -> Fields:
        """Return the named values.

        Raises:
            RowError: the row could not be read, or is not a JSON object.
        """
        if self.error is not None:
            raise self.error
        if self.values is not None:
            return self.values
        return parse_object(self.raw)

    @property
    def content(self) -> str:
        """The row as text, cut to 2,000 characters."""
        if not self.raw and self.values is not None:
            shown = msgspec.json.encode(self.values, enc_hook=str)
            return shown.decode("utf-8", "replace")[:LONGEST_CONTENT]
        return self.raw[: LONGEST_CONTENT * 4].decode("utf-8", "replace")[:LONGEST_CONTENT]


@dataclass(slots=True)
class Chunk:
    """Some rows of one part of a drop, which can be examined independently of all others.

    It has either `records`, or `lines` of JSON Lines; the first line then has the line number
    `line + 1` and the row number `row + 1`. `file` and `split` are set when a drop has several
    parts.
    """

    records: list[Record] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    row: int = 0
    line: int = 0
    file: str | None = None
    split: SplitName | None = None


class Table(Protocol):
    """A file as rows. `records` may be called again and yields the same rows."""

    @property
    def format(self) -> str:
        """The recognised format, in words."""
        ...

    def records(self) -> Iterator[Record]:
        """Read the file from its first byte."""
        ...


def parse_object(raw: bytes) -> Fields:
    """Parse one JSON object.

    Raises:
        RowError: the bytes are not JSON, nested too deep, or not an object.
    """
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise RowError("too_deep", "The row is nested too deep to be read.") from None
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    except msgspec.DecodeError as error:
        raise RowError("invalid_json", f"Not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        kind = "list" if isinstance(value, list) else type(value).__name__
        raise RowError("not_an_object", f"A row must be a JSON object; this is a {kind}.")
    return value


def _not_utf8(error: UnicodeDecodeError) -> RowError:
    return RowError(
        "invalid_encoding",
        f"Byte {error.start + 1} (0x{error.object[error.start]:02x}) of the row is not UTF-8.",
        fix="Save the file as UTF-8.",
    )


def utf8(raw: bytes) -> str:
    """Decode UTF-8 strictly.

    Raises:
        RowError: names the first byte that is not UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
