"""Any briefing or list as an Excel workbook: what it rests on first, then one sheet a list, with filters and a fixed head."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .. import files
from ..errors import MissingExtra
from . import archive
from .blocks import Block, Briefing, Cell, Change, Flow, Heading, Legend, Paragraph, Points, Table, plain, wide
from .csv_table import formula_safe
from .word_diff import Run

# What Excel holds in one cell; the highest row that it shows, in points.
MOST, _HIGHEST = 32000, 400.0
_MARKS: dict[str, dict[str, Any]] = {
    "removed": {"font_color": "#B3261E", "font_strikeout": True},
    "added": {"font_color": "#0F6B2B", "underline": 1},
    "moved": {"font_color": "#1F4E86", "italic": True},
}
# Where the parts begin that have sheets of their own.
_PARTS = ("commitments", "new", "undetermined", "bodies", "appendix")
_PROSE_WIDTHS = (44.0, 30.0, 30.0, 20.0, 14.0, 14.0)
_SIZE, _LINE_HEIGHT = 10, 13.5


def write(briefing: Briefing, path: Path) -> None:
    """Write the briefing as a workbook: the summary, a sheet for each of its lists, and the method where it has an annex."""
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtra("an Excel workbook needs XlsxWriter", "pip install XlsxWriter") from None

    out = io.BytesIO()
    # No cell is ever made a formula, a link or a number because of how its text looks.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    try:
        day = datetime.datetime.fromisoformat(briefing.date)
    except ValueError:
        day = datetime.datetime(1980, 1, 1)
    book.set_properties({"title": briefing.title, "author": briefing.author, "created": day.replace(tzinfo=None)})
    _Book(book, briefing).draw()
    book.close()
    files.write_output(path, archive.sealed(archive.without_timestamps(out.getvalue())))


class _Book:
    """One workbook while it is being written."""

    def __init__(self, book: Any, briefing: Briefing) -> None:
        self.book, self.briefing, self.words = book, briefing, briefing.words
        wrapped = {"text_wrap": True, "valign": "top", "font_size": _SIZE}
        self.plain = book.add_format(wrapped)
        self.bold = book.add_format(wrapped | {"bold": True})
        self.warning = book.add_format(wrapped | {"bg_color": "#FFF4D6"})
        self.title = book.add_format({"bold": True, "font_size": 14, "text_wrap": True, "valign": "top"})
        self.head = book.add_format(wrapped | {"bold": True, "bg_color": "#EEF0F3", "bottom": 1})
        # Numbers stand under the left end of their headings, as words do.
        self.number = book.add_format(wrapped | {"align": "left"})
        self.score = book.add_format({"num_format": "0.00", "align": "left", "valign": "top", "font_size": _SIZE})
        self.link = book.add_format(wrapped | {"font_color": "#0B57A4", "underline": 1})
        self.marks = {kind: book.add_format(look | {"font_size": _SIZE}) for kind, look in _MARKS.items()}
        self.names: set[str] = set()

    def draw(self) -> None:
        blocks = self.briefing.blocks
        starts = {block.anchor: index for index, block in enumerate(blocks) if isinstance(block, Heading)}
        method = starts.get("appendix", len(blocks))
        end = min((starts[part] for part in _PARTS if part in starts), default=len(blocks))
        front = blocks[:end] if self.briefing.workbook is None else self.briefing.workbook
        lists = [(self._name(table.sheet or table.caption), table) for table in self.briefing.sheets]
        rest = blocks[method:]
        method_name = self._name(self.words("sheet_method")) if rest else ""
        summary = self._name(self.words("sheet_summary"))
        self._prose(summary, front, [name for name, _ in lists] + ([method_name] if rest else []))
        for name, table in lists:
            self._list(name, table)
        if rest:
            self._prose(method_name, rest, [])

    def _name(self, wanted: str) -> str:
        """A name that Excel takes for a sheet, different from all others."""
        plain_name = "".join(char for char in wanted if char.isalnum() or char in " -.")[:28].strip() or "Sheet"
        name, number = plain_name, 1
        while name.casefold() in self.names:
            number += 1
            name = f"{plain_name} {number}"
        self.names.add(name.casefold())
        return name

    def _sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.55, bottom=0.55)
        sheet.set_footer(f"&C&8{name.replace('&', '&&')}  &P / &N")
        sheet.fit_to_pages(1, 0)
        return sheet

    def _list(self, name: str, table: Table) -> None:
        """A table on a sheet of its own."""
        sheet = self._sheet(name)
        widths, printed = table.widths or _widths(table), table.printed or len(table.header)
        for column, (title, width) in enumerate(zip(table.header, widths, strict=True)):
            sheet.write_string(0, column, formula_safe(title), self.head)
            sheet.set_column(column, column, width)
        sheet.set_row(0, _height(table.header, widths))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.header) - 1)
        sheet.repeat_rows(0)
        if table.printed:
            sheet.print_area(0, 0, max(len(table.rows), 1), table.printed - 1)
        for column, choices in table.choices:
            if table.rows:
                sheet.data_validation(1, column, len(table.rows), column, {"validate": "list", "source": list(choices)})
        for row, values in enumerate(table.rows, start=1):
            # What is not printed makes no row higher: a page would be half empty.
            sheet.set_row(row, _height(values[:printed], widths))
            for column, value in enumerate(values):
                self._cell(sheet, row, column, value)

    def _cell(self, sheet: Any, row: int, column: int, value: Cell) -> None:
        if isinstance(value, tuple):
            self._rich(sheet, row, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self.score if isinstance(value, float) else self.number)
        else:
            sheet.write_string(row, column, formula_safe(value)[:MOST], self.plain)

    def _rich(self, sheet: Any, row: int, column: int, runs: tuple[Run, ...]) -> None:
        """A text with its marks; Excel wants two pieces at least, and takes no empty ones."""
        text = "".join(run.text for run in runs)
        if len(runs) < 2 or len(text) > MOST:
            kind = runs[0].kind if len(runs) == 1 else "same"
            # A mark's format does not wrap, so that a text of one piece goes without.
            look = self.plain if kind == "same" or len(text) > 40 else self.marks.get(kind, self.plain)
            sheet.write_string(row, column, formula_safe(text)[:MOST], look)
            return
        pieces: list[Any] = ["'"] if formula_safe(text) != text else []
        for run in runs:
            pieces += [self.marks[run.kind], run.text] if run.kind in self.marks else [run.text]
        sheet.write_rich_string(row, column, *pieces, self.plain)

    def _prose(self, name: str, blocks: Iterable[Block], contents: Sequence[str]) -> None:
        """A sheet of headings, paragraphs and tables one under the other, with links to the other sheets."""
        sheet = self._sheet(name)
        for column, width in enumerate(_PROSE_WIDTHS):
            sheet.set_column(column, column, width)
        self._wide(sheet, 0, self.briefing.title, self.title, 1.5)
        row = 1
        for other in contents:
            sheet.write_url(row, 0, f"internal:'{other}'!A1", self.link, string=other)
            row += 1
        for block in blocks:
            row = self._prose_block(sheet, row, block)

    def _wide(self, sheet: Any, row: int, text: str, look: Any, factor: float = 1.0) -> int:
        """A text across the sheet; the number of the next row."""
        last = len(_PROSE_WIDTHS) - 1
        sheet.merge_range(row, 0, row, last, "", look)
        sheet.write_string(row, 0, formula_safe(text)[:MOST], look)
        sheet.set_row(row, _height([text], [sum(_PROSE_WIDTHS) / factor]) * factor)
        return row + 1

    def _prose_block(self, sheet: Any, row: int, block: Block) -> int:
        if isinstance(block, Heading):
            return self._wide(sheet, row + 1, block.text, self.bold)
        if isinstance(block, Paragraph):
            return self._wide(sheet, row, block.text, self.warning if block.kind == "warning" else self.plain)
        if isinstance(block, Points):
            for name, text, _ in block.points:
                row = self._wide(sheet, row, f"{name}{self.words('colon')}{text}" if name else text, self.plain)
            return row
        table = block.summary if isinstance(block, Flow) else block
        if isinstance(table, Change | Legend) or not table.rows or table.sheet:
            return row
        rows: list[tuple[Sequence[Cell], Any]] = [(table.header, self.head)] if table.header else []
        rows += [(values, None) for values in table.rows]
        for values, look in rows:
            sheet.set_row(row, _height(values, _PROSE_WIDTHS))
            for column, value in enumerate(values):
                if look is not None:
                    sheet.write_string(row, column, formula_safe(plain(value)), look)
                else:
                    self._cell(sheet, row, column, value)
            row += 1
        return row + 1


def _widths(table: Table) -> list[float]:
    """Widths of the columns by their longest texts, within bounds."""
    columns = zip(table.header, *table.rows, strict=True)
    return [float(min(max(*(wide(plain(cell)) for cell in column), 10), 50)) for column in ([*c, ""] for c in columns)]


def _height(values: Sequence[Cell], widths: Sequence[float]) -> float:
    """A row's height in points for its longest wrapped text; not every program works it out when it opens a file."""

    def lines(value: Cell, width: float) -> int:
        # A column as wide as so many digits of 11 points holds a few more letters of 10 points, less what wrapping leaves.
        return sum(1 + int(wide(line) / (1.06 * width)) for line in plain(value).split("\n"))

    most = max((lines(value, width) for value, width in zip(values, widths, strict=False)), default=1)
    return min(_LINE_HEIGHT * most + 2, _HIGHEST)
