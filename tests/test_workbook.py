"""Workbooks: one row a commitment, caveats first, pages that can be read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from briefing_cases import (
    DATE,
    bare,
    rows_of_xlsx,
    said_of,
)

import plancmp
from plancmp.analysis import bodies
from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    blocks,
    briefing,
    list_pages,
    xlsx_writer,
)


def test_workbook_has_a_row_for_every_commitment(comparison: PlanDiff, brief: blocks.Briefing, tmp_path: Path) -> None:
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    book = rows_of_xlsx(tmp_path / "brief.xlsx")
    assert list(book) == ["Summary", "Commitments", "Bodies", "Method"]
    header, *rows = book["Commitments"]
    assert len(rows) == len(comparison.commitments)
    at = {name: header.index(name) for name in ("Plan", "Ref", "Status", "Text", "Your remark", "Reason")}
    assert [(f"{row[at['Plan']]}:{row[at['Ref']]}", bare(row[at["Text"]]), row[at["Status"]]) for row in rows] == [
        (f"{task.partition(':')[0]}:{name}", text, label) for task, name, text, label in said_of(comparison)
    ]
    for row, fate in zip(rows, comparison.commitments, strict=True):
        assert all(s.note in row[at["Reason"]] for c in fate.counterparts for s in c.signals)
        assert not row[at["Your remark"]]
    caveats = "\n".join(str(cell) for row in book["Summary"] for cell in row)
    assert "unofficial translations" in caveats
    assert "stops at task 64" in caveats


def test_a_cell_never_holds_more_than_excel_takes(comparison: PlanDiff, tmp_path: Path) -> None:
    first, *others = comparison.commitments
    long = dataclasses.replace(first, text="revise the law " * 5000)
    spoiled = dataclasses.replace(comparison, commitments=(long, *others))
    xlsx_writer.write(briefing.compose(spoiled, date=DATE), tmp_path / "brief.xlsx")
    assert max(len(str(cell)) for row in rows_of_xlsx(tmp_path / "brief.xlsx")["Commitments"] for cell in row) <= 32767


def test_every_workbook_begins_with_caveats_and_has_room_for_remarks(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    found = bodies.responsibilities(plancmp.load("2021"), plancmp.load("2024"))
    xlsx_writer.write(list_pages.of_bodies(found), tmp_path / "bodies.xlsx")
    xlsx_writer.write(list_pages.of_history(plancmp.history("trade secrets")), tmp_path / "history.xlsx")
    for name, caveat in (("bodies", "stops at task 64"), ("history", "silence proves nothing")):
        book = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")
        first, *lists = book.worksheets
        assert caveat in " ".join(str(cell.value) for row in first.iter_rows() for cell in row)
        assert lists
        for sheet in lists:
            assert "Your remark" in [cell.value for cell in sheet[1]]
            assert sheet.freeze_panes == "A2"
            assert sheet.auto_filter.ref
            assert sheet.page_setup.orientation == "landscape"
    rows = list(openpyxl.load_workbook(tmp_path / "bodies.xlsx").worksheets[1].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [change.id for change in found.changes]


def test_what_is_printed_of_a_workbook_can_be_read(brief: blocks.Briefing, tmp_path: Path) -> None:
    xlsx_writer.write(brief, tmp_path / "brief.xlsx")
    sheet = pytest.importorskip("openpyxl").load_workbook(tmp_path / "brief.xlsx")["Commitments"]
    last = openpyxl_column(sheet.print_area)
    letters = sum(sheet.column_dimensions[chr(65 + column)].width for column in range(last))
    # A landscape page of A4 holds about 135 letters of 10 points; at three quarters of that they are 7.5 points high.
    assert letters <= 200
    assert sheet.page_setup.fitToHeight == 0


def openpyxl_column(area: str) -> int:
    """The number of the last column of a print area such as `'Sheet'!$A$1:$I$400`."""
    return ord(area.rpartition(":")[2].strip("$")[0]) - 64
