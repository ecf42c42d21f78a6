"""A workbook that would take gigabytes is refused before it is read."""

import importlib
import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

from tests.support.builders.workbook import workbook
from tests.support.pipeline.preparation import prepare
from tunedrop.dataset.readers import workbook_size
from tunedrop.errors import DatasetError

TABLE = [["text", "label"], *([f"a sentence of number {n}", "ab"[n % 2]] for n in range(30))]
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def changed(files: Mapping[str, str | bytes], book: bytes | None = None) -> bytes:
    """Return a workbook of thirty rows with files replaced or added."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book or workbook({"s": TABLE}))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        content = {info.filename: old.read(info) for info in old.infolist()}
        for name, body in {**content, **files}.items():
            new.writestr(name, body)
    return stream.getvalue()


def sheet(rows: str, declaration: str = "") -> bytes:
    """Return a workbook whose only sheet has this XML as its rows."""
    xml = f"{declaration}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
    encoding = "utf-16" if "UTF-16" in declaration else "utf-8"
    return changed({"xl/worksheets/sheet1.xml": xml.encode(encoding)})


def repeated(name: str, times: int) -> bytes:
    """Return a workbook with a wide sheet that is listed so many times."""
    listed = "".join(
        f'<sheet name="{name}{n}" sheetId="{n + 1}" r:id="rId1"/>' for n in range(times)
    )
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = sheet(FIRST + '<row r="1000"><c r="ALL1000"><v>1</v></c></row>')
    text = f'<workbook {MAIN} xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>'
    return changed({"xl/workbook.xml": text}, book)


def shared(length: int, cells: int) -> bytes:
    """Return a workbook in which so many cells refer to one shared text of this length."""
    rows = "".join(f'<row><c t="s"><v>{int(n > 0)}</v></c></row>' for n in range(cells))
    texts = f"<sst {MAIN}><si><t>text</t></si><si><t>{'x' * length}</t></si></sst>"
    return changed({"xl/sharedStrings.xml": texts}, sheet(rows))


OVERSIZED: dict[str, tuple[Callable[[], bytes], str]] = {
    "two cells far apart": (
        lambda: sheet(FIRST + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "row 1,048,576 and column 16,384",
    ),
    "a cell far away alone": (
        lambda: sheet('<row r="9000"><c r="ZZZ9000"><v>1</v></c></row>'),
        "column 18,278",
    ),
    "a cell whose row is not its own": (
        lambda: sheet('<row r="1"><c r="zz99999"><v>1</v></c></row>'),
        "row 99,999",
    ),
    "rows without cells in between": (
        lambda: sheet(FIRST + '<row r="1048576"/><row><c r="Z1048577"><v>1</v></c></row>'),
        "row 1,048,577",
    ),
    "cells without references": (
        lambda: sheet(f'<row r="900000">{"<c><v>1</v></c>" * 30}</row>'),
        "column 30",
    ),
    "elements with a prefix": (
        lambda: sheet('<x:row r="1" xmlns:x="y"><x:c r="XFD9000"><x:v>1</x:v></x:c></x:row>'),
        "row 9,000",
    ),
    "UTF-16": (
        lambda: sheet(
            FIRST + '<row r="9000"><c r="XFD9000"><v>1</v></c></row>',
            '<?xml version="1.0" encoding="UTF-16"?>',
        ),
        "row 9,000",
    ),
    "one sheet listed often": (lambda: repeated("s", 30), "spreads 60 filled cells"),
    "a shared text repeated": (lambda: shared(1 << 20, 2_000), "repeats its texts"),
}


@pytest.fixture
def reader_that_must_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test, instead of the machine, when the workbook is read all the same."""
    calamine = importlib.import_module("python_calamine")

    def read(_stream: object) -> None:
        pytest.fail("the workbook was read")

    fake = type("Workbook", (), {"from_filelike": staticmethod(read)})
    monkeypatch.setattr(calamine, "CalamineWorkbook", fake)


@pytest.mark.usefixtures("reader_that_must_not_run")
@pytest.mark.parametrize("kind", OVERSIZED)
def test_oversized_workbook_is_refused_before_it_is_read(kind: str) -> None:
    make, words = OVERSIZED[kind]

    with pytest.raises(DatasetError) as caught:
        prepare(make(), "d.xlsx")

    assert words in caught.value.message
    assert "CSV" in caught.value.remedy


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a document type": (
        lambda: sheet(FIRST, '<!DOCTYPE x [<!ENTITY a "aaaa">]>'),
        "document type",
    ),
    "XML that ends early": (
        lambda: changed({"xl/worksheets/sheet1.xml": "<worksheet><sheetData>"}),
        "damaged or incomplete workbook",
    ),
    "a cell without a name": (lambda: sheet('<row><c r="?"><v>1</v></c></row>'), "no cell can be"),
    "no list of sheets": (
        lambda: changed({"xl/workbook.xml": "<workbook/"}),
        "damaged or incomplete workbook",
    ),
    "a binary workbook inside": (
        lambda: changed({"XL/workbook.bin": b"x"}),
        "another format than XLSX",
    ),
    "a spreadsheet of OpenDocument inside": (
        lambda: changed({"content.xml": "<x/>"}),
        "another format than XLSX",
    ),
}


@pytest.mark.usefixtures("reader_that_must_not_run")
@pytest.mark.parametrize("kind", DAMAGED)
def test_workbook_that_cannot_be_counted_is_refused(kind: str) -> None:
    make, words = DAMAGED[kind]

    with pytest.raises(DatasetError) as caught:
        prepare(make(), "d.xlsx")

    assert words in caught.value.message


def test_empty_cells_far_away_do_not_count() -> None:
    # Given thirty rows, and formatted cells without content in the last column of the last row
    book = workbook({"s": TABLE})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    book = changed({"xl/worksheets/sheet1.xml": xml.replace("</sheetData>", far)})

    # When they are prepared
    document, _ = prepare(book, "d.xlsx")

    # Then every row is read
    assert document.rows.source == 30


def test_long_shared_text_in_one_cell_is_read() -> None:
    # Given many cells of which only one refers to the long text, so that the bound is exceeded
    cells = 2_000
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row>" + "".join(
        f'<row><c t="s"><v>{int(n == 5)}</v></c><c t="s"><v>{2 + n % 2}</v></c></row>'
        for n in range(cells)
    )
    texts = (
        f"<si><t>text</t></si><si><t>{'long ' * 200_000}</t></si><si><t>a</t></si><si><t>b</t></si>"
    )
    book = changed({"xl/sharedStrings.xml": f"<sst {MAIN}>{texts}</sst>"}, sheet(rows))

    # When its size is looked at
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        workbook_size.refuse_oversized("d.xlsx", archive)

    # Then it is not refused, although the bound is above the limit
    assert 2 * cells * 1_000_000 > workbook_size.MOST_TEXT


@pytest.mark.parametrize("rows", [1, 250])
def test_counts_are_those_of_the_reader(rows: int) -> None:
    # Given a sheet with gaps and cells without references
    text = "".join(
        f'<row r="{3 * n}"><c r="C{3 * n}"><v>1</v></c><c><v>2</v></c></row>'
        for n in range(1, rows + 1)
    )
    book = sheet(text)

    # When both count it
    counter = workbook_size.Sheet()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        workbook_size.count_elements(
            archive, archive.getinfo("xl/worksheets/sheet1.xml"), counter.start
        )
    calamine = importlib.import_module("python_calamine")
    held = calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0)

    # Then they agree
    cells = held.to_python(skip_empty_area=False)
    assert (counter.rows, counter.columns) == (len(cells), len(cells[0]))
    assert counter.filled == 2 * rows
