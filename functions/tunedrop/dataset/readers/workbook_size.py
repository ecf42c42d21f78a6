"""How much memory an XLSX workbook would take, found before the workbook is read.

The reader of workbooks holds each sheet as a rectangle from A1 to the last row and column, so that
two cells far apart take gigabytes from a file of a kilobyte; and it copies a shared text into every
cell that refers to it. Here the XML of the sheets is counted as a stream, which holds nothing.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from xml.parsers import expat

from tunedrop.errors import DatasetError

MOST_CELLS = 20_000_000  # A sheet of Excel's most rows (1,048,576) with 19 columns.
HARMLESS_CELLS = 2_000_000  # Cells that are held whether filled or not: about 150 MB.
LARGEST_SPREAD = 10  # In larger workbooks, cells that are held for each filled one.
MOST_TEXT = 1 << 30  # Characters that shared texts have in all cells together.
REMEDY = "Save the filled cells as CSV, or in a workbook of their own, and drop that."
REFERENCE = re.compile(r"([A-Za-z]{1,4})([0-9]{1,10})")
BINARY_WORKBOOKS = frozenset({"xl/workbook.bin", "content.xml"})  # XLSB and OpenDocument


class Sheet:
    """Counts what one sheet holds; a cell counts when it has content."""

    def __init__(self) -> None:
        self.rows = self.columns = self.filled = self.shared = 0
        self._row = self._column = 0
        self._cell: tuple[int, int] | None = None
        self._numbers: dict[str, int] = {}

    @property
    def cells(self) -> int:
        """The cells of the rectangle from A1 that the reader holds."""
        return self.rows * self.columns

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count an element."""
        name = _local(tag)
        if name == "c":
            self._cell = self._place(attributes.get("r"))
            self.shared += attributes.get("t") == "s"
        elif name == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column, self._cell = 0, None
        elif self._cell:
            row, column = self._cell
            self.rows, self.columns = max(self.rows, row, 1), max(self.columns, column)
            self.filled += 1
            self._cell = None

    def _place(self, reference: str | None) -> tuple[int, int]:
        """Return the row and column, counted from 1; cells may leave their reference out."""
        if reference is None:
            self._column += 1
            return self._row, self._column
        found = REFERENCE.fullmatch(reference)
        if not found:
            raise ValueError(f"no cell can be called {reference[:20]!r}")
        letters, row = found.groups()
        if letters not in self._numbers:
            number = 0
            for letter in letters.upper():
                number = 26 * number + ord(letter) - ord("A") + 1
            self._numbers[letters] = number
        self._column = self._numbers[letters]
        return int(row), self._column


def refuse_oversized(name: str, archive: zipfile.ZipFile) -> None:
    """Raise DatasetError when the reader of workbooks would hold too much.

    Args:
        name: the workbook's name, for the message.
        archive: the workbook.

    Raises:
        DatasetError: the workbook takes too much memory, or is no XLSX workbook.
        ValueError, KeyError, expat.ExpatError: its XML is damaged.
    """
    if BINARY_WORKBOOKS & {info.filename.lower() for info in archive.infolist()}:
        raise DatasetError(
            f"{name} is a workbook of another format than XLSX.", "Save it as XLSX or CSV."
        )
    cells = filled = shared = 0
    for info, uses in _sheets(archive):
        sheet = Sheet()
        count_elements(archive, info, sheet.start)
        cells, filled = cells + uses * sheet.cells, filled + uses * sheet.filled
        shared += uses * sheet.shared
        if cells > min(MOST_CELLS, max(HARMLESS_CELLS, filled * LARGEST_SPREAD)):
            raise DatasetError(
                f"{name} spreads {filled:,} filled cells over {cells:,}: the last one of a sheet "
                f"is in row {sheet.rows:,} and column {sheet.columns:,}.",
                REMEDY,
            )
    if shared and _shared_text(archive, shared) > MOST_TEXT:
        raise DatasetError(
            f"{name} repeats its texts to more than {MOST_TEXT >> 20:,} million characters.", REMEDY
        )


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, int]]:
    """Yield the files of the sheets, each with how many sheets consist of it.

    Files are found by their names without folders and case: a superset of what the reader opens.
    """
    ids: Counter[str] = Counter()
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            ids.update(value for name, value in attributes.items() if _local(name) == "id")

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship" and "Id" in attributes:
            targets[attributes["Id"]] = _base(attributes.get("Target", ""))

    count_elements(archive, _found(archive, "xl/workbook.xml"), sheet)
    count_elements(archive, _found(archive, "xl/_rels/workbook.xml.rels"), relation)
    uses: Counter[str] = Counter()
    for each, number in ids.items():
        uses[targets.get(each, "")] += number
    for info in archive.infolist():
        if number := uses[_base(info.filename)]:
            yield info, number


def _shared_text(archive: zipfile.ZipFile, shared: int) -> int:
    """Return the characters in all cells that refer to shared texts, or a bound if it is enough."""
    lengths: list[int] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if _local(tag) == "si":
            lengths.append(0)

    def data(text: str) -> None:
        if lengths:
            lengths[-1] += len(text)

    count_elements(archive, _found(archive, "xl/sharedstrings.xml"), start, data)
    bound = shared * max(lengths, default=0)
    if bound <= MOST_TEXT:
        return bound
    return sum(uses * _referred(archive, info, lengths) for info, uses in _sheets(archive))


def _referred(archive: zipfile.ZipFile, info: zipfile.ZipInfo, lengths: list[int]) -> int:
    """Return the characters that one sheet's cells take from shared texts of these lengths."""
    total, number, is_shared = 0, "", False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal number, is_shared
        if _local(tag) == "c":
            is_shared = attributes.get("t") == "s"
        number = ""

    def data(text: str) -> None:
        nonlocal number
        number += text

    def end(tag: str) -> None:
        nonlocal total
        if is_shared and _local(tag) == "v" and int(number) < len(lengths):
            total += lengths[int(number)]

    count_elements(archive, info, start, data, end)
    return total


def count_elements(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    start: Callable[[str, dict[str, str]], None],
    data: Callable[[str], None] | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    """Read the elements of one file; a document type is refused, because it defines entities."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler, parser.CharacterDataHandler = start, data
    parser.EndElementHandler = end
    with archive.open(info) as stream:
        parser.ParseFile(stream)


def _refuse_document_type(*_: object) -> None:
    raise ValueError("it has a document type")


def _found(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    for info in archive.infolist():
        if info.filename.replace("\\", "/").lower() == name:
            return info
    raise KeyError(f"it has no {name}")


def _base(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/").lower()).name


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name
