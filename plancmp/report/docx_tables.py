"""Tables of a Word document: as wide as the text, with a header row on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu

from .blocks import Cell, Table, plain, wide
from .docx_text import Paragraphs

# A row with fewer letters is never broken over two pages.
_UNBROKEN = 1500


class Tables:
    """Draws the tables of one document."""

    def __init__(self, paragraphs: Paragraphs) -> None:
        self._paragraphs = paragraphs

    def draw(self, table: Table) -> None:
        """A table; one without a header as a line for each of its rows."""
        if not table.rows:
            return
        if not table.header:
            for row in table.rows:
                line = self._paragraphs.line("Briefing Fact")
                line.add_run(f"{row[0]}{self._paragraphs.words('colon')}").bold = True
                line.add_run(" ".join(map(plain, row[1:])))
            return
        rows: tuple[Sequence[Cell], ...] = (table.header, *table.rows)
        widths = table.widths or [
            min(max(*(wide(plain(row[column])) for row in rows), 15), 48) for column in range(len(table.header))
        ]
        grid = self.grid(table.header, widths)
        for row in table.rows:
            added = grid.add_row()
            self.keep_together(added, max(len(plain(value)) for value in row))
            for cell, value in zip(added.cells, row, strict=True):
                for index, text in enumerate(plain(value).split("\n")):
                    paragraphs = self._paragraphs
                    line = paragraphs.line("Briefing Cell", within=cell) if index else paragraphs.first(cell)
                    line.add_run(text)
        self._paragraphs.line("Briefing Fact")

    def grid(self, header: Sequence[str], shares: Sequence[float]) -> Any:
        """A table as wide as the text, with a header row that repeats on every page."""
        section = self._paragraphs.document.sections[-1]
        page, margins = section.page_width or 7560000, (section.left_margin or 0) + (section.right_margin or 0)
        width = page - margins
        grid = self._paragraphs.document.add_table(rows=1, cols=len(header))
        grid._tbl.tblStyle_val = self._paragraphs.ids["Table Grid"]
        grid.autofit = False
        for column, cell, share in zip(grid.columns, grid.rows[0].cells, shares, strict=True):
            column.width = cell.width = Emu(int(width * share / sum(shares)))
        for cell, text in zip(grid.rows[0].cells, header, strict=True):
            line = self._paragraphs.first(cell)
            line.add_run(text).bold = True
            line.paragraph_format.keep_with_next = True
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF0F3")):
                shade.set(qn(f"w:{name}"), value)
            cell._tc.get_or_add_tcPr().append(shade)
        repeated = OxmlElement("w:tblHeader")
        grid.rows[0]._tr.get_or_add_trPr().append(repeated)
        return grid

    def keep_together(self, row: Any, letters: int) -> None:
        """Break a row over two pages only where it has many letters."""
        if letters < _UNBROKEN:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
