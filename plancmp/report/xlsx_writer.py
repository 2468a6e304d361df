"""A briefing as an Excel workbook, one sheet a list: filters, a header that stays, wrapped text, links between sheets."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .. import files
from ..errors import MissingExtra
from . import archive
from .blocks import Block, Briefing, Cell, Change, Flow, Heading, Paragraph, Points, Table, wide
from .csv_table import formula_safe
from .word_diff import Run

# What Excel holds in one cell.
MOST = 32000
_MARKS: dict[str, dict[str, Any]] = {
    "removed": {"font_color": "#B3261E", "font_strikeout": True},
    "added": {"font_color": "#0F6B2B", "underline": 1},
    "moved": {"font_color": "#1F4E86", "italic": True},
}
_ALONE = ("dropped", "new", "undetermined")
_PARTS = ("commitments", "new", "undetermined", "bodies")
_PROSE_WIDTHS, _BODY_WIDTHS = (42, 44, 44, 44), (44, 14, 14, 40, 40)
Column = tuple[str, float, Callable[[Change], Any]]


def write(briefing: Briefing, path: Path) -> None:
    """Write the briefing as a workbook: Summary, Changes, Dropped, New, Undetermined, Bodies, Method."""
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
    files.write_output(path, archive.without_timestamps(out.getvalue()))


class _Book:
    """One workbook while it is being written."""

    def __init__(self, book: Any, briefing: Briefing) -> None:
        self.book, self.briefing, self.words = book, briefing, briefing.words
        wrapped = {"text_wrap": True, "valign": "top"}
        self.plain = book.add_format(wrapped)
        self.bold = book.add_format(wrapped | {"bold": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(wrapped | {"bold": True, "bg_color": "#EEF0F3", "bottom": 1})
        self.score = book.add_format({"num_format": "0.00", "valign": "top"})
        self.link = book.add_format(wrapped | {"font_color": "#0B57A4", "underline": 1})
        self.marks = {kind: book.add_format(look) for kind, look in _MARKS.items()}
        self.lists = self._lists()
        self.places: dict[str, str] = {}
        for key, _, changes in self.lists:
            for row, change in enumerate(changes, start=1):
                for side in change.sides:
                    self.places.setdefault(side.ref, f"internal:'{self.words(f'sheet_{key}')}'!A{row + 1}")
                self.places[change.anchor] = f"internal:'{self.words(f'sheet_{key}')}'!A{row + 1}"

    def _lists(self) -> list[tuple[str, tuple[Column, ...], list[Change]]]:
        """Each sheet of changes: its name, its columns (word, width, value) and its rows."""
        words = self.words

        def side(index: int, field: str) -> Callable[[Change], Any]:
            return lambda change: getattr(change.sides[min(index, len(change.sides) - 1)], field)

        def joined(index: int) -> Callable[[Change], str]:
            return lambda change: "; ".join(side(index, "bodies")(change))

        both: tuple[Column, ...] = (
            (words("status"), 16, lambda change: change.label),
            (words("confidence"), 11, lambda change: change.confidence),
            (words("old"), 14, side(0, "ref")),
            (words("new"), 14, side(1, "ref")),
            (f"{words('text')}: {words('old')}", 55, side(0, "runs")),
            (f"{words('text')}: {words('new')}", 55, side(1, "runs")),
            (words("reason"), 50, lambda change: "\n".join(change.reasons)),
            (f"{words('bodies')}: {words('then')}", 28, joined(0)),
            (f"{words('bodies')}: {words('now')}", 28, joined(1)),
            (words("bodies"), 30, lambda change: change.bodies),
            (words("note"), 30, lambda change: "\n".join(change.notes)),
            (f"{words('section')}: {words('old')}", 32, side(0, "section")),
            (f"{words('section')}: {words('new')}", 32, side(1, "section")),
            (f"{words('citation')}: {words('old')}", 40, side(0, "citation")),
            (f"{words('citation')}: {words('new')}", 40, side(1, "citation")),
        )
        one: tuple[Column, ...] = (
            (words("status"), 20, lambda change: change.label),
            (words("confidence"), 11, lambda change: change.confidence),
            (words("task"), 16, side(0, "ref")),
            (words("text"), 70, side(0, "runs")),
            (words("note"), 45, lambda change: "\n".join(change.notes)),
            (words("nearest_task"), 14, lambda change: change.nearest or ""),
            (words("bodies"), 32, joined(0)),
            (words("section"), 36, side(0, "section")),
            (words("citation"), 44, side(0, "citation")),
        )
        held = self.briefing.changes
        alone = [change for change in held if len(change.sides) == 1]
        lists = [("changes", both, [change for change in held if len(change.sides) == 2])]
        return lists + [(status, one, [change for change in alone if change.status == status]) for status in _ALONE]

    def draw(self) -> None:
        blocks = self.briefing.blocks
        starts = {block.anchor: place for place, block in enumerate(blocks) if isinstance(block, Heading)}
        method = starts["appendix"]
        self._prose("summary", blocks[: min(starts.get(part, method) for part in _PARTS)], contents=True)
        for key, columns, changes in self.lists:
            self._changes(key, columns, changes)
        bodies = [block for block in blocks if isinstance(block, Table) and block.name == "bodies"]
        self._list("bodies", bodies[0] if bodies else Table("bodies", "", (self.words("body"),), ()))
        self._prose("method", blocks[method:])

    def _sheet(self, key: str) -> Any:
        sheet = self.book.add_worksheet(self.words(f"sheet_{key}"))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def _changes(self, key: str, columns: Sequence[Column], changes: Sequence[Change]) -> None:
        sheet = self._sheet(key)
        self._header(sheet, [name for name, _, _ in columns], len(changes), [width for _, width, _ in columns])
        widths = [width for _, width, _ in columns]
        for row, change in enumerate(changes, start=1):
            values = [value(change) for _, _, value in columns]
            sheet.set_row(row, _height(values, widths))
            for column, ((name, _, _), value) in enumerate(zip(columns, values, strict=True)):
                self._cell(sheet, row, column, value, linked=name == self.words("nearest_task"))

    def _list(self, key: str, table: Table) -> None:
        sheet = self._sheet(key)
        self._header(sheet, table.header, len(table.rows), _BODY_WIDTHS)
        for row, values in enumerate(table.rows, start=1):
            sheet.set_row(row, _height(values, _BODY_WIDTHS))
            for column, value in enumerate(values):
                self._cell(sheet, row, column, value)

    def _header(self, sheet: Any, header: Sequence[str], rows: int, widths: Sequence[float]) -> None:
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, self.head)
            sheet.set_column(column, column, widths[column] if column < len(widths) else 20)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(rows, 1), len(header) - 1)
        sheet.repeat_rows(0)

    def _cell(self, sheet: Any, row: int, column: int, value: Any, linked: bool = False) -> None:
        if isinstance(value, tuple):
            self._rich(sheet, row, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self.score if isinstance(value, float) else self.plain)
        elif linked and value in self.places:
            sheet.write_url(row, column, self.places[value], self.link, string=formula_safe(value))
        else:
            sheet.write_string(row, column, formula_safe(value)[:MOST], self.plain)

    def _rich(self, sheet: Any, row: int, column: int, runs: tuple[Run, ...]) -> None:
        """A text with its marks; Excel wants two pieces at least, and takes no empty ones."""
        text = "".join(run.text for run in runs)
        if len(runs) < 2 or len(text) > MOST:
            kind = runs[0].kind if len(runs) == 1 else "same"
            sheet.write_string(row, column, formula_safe(text)[:MOST], self.marks.get(kind, self.plain))
            return
        pieces: list[Any] = ["'"] if formula_safe(text) != text else []
        for run in runs:
            pieces += [self.marks[run.kind], run.text] if run.kind in self.marks else [run.text]
        sheet.write_rich_string(row, column, *pieces, self.plain)

    def _prose(self, key: str, blocks: Iterable[Block], contents: bool = False) -> None:
        """A sheet of headings, paragraphs and tables one under the other, with links to the other sheets."""
        sheet = self._sheet(key)
        for column, width in enumerate(_PROSE_WIDTHS):
            sheet.set_column(column, column, width)
        row = 0
        sheet.write_string(row, 0, formula_safe(self.briefing.title), self.title)
        row += 1
        if contents:
            for other, _, changes in self.lists:
                name = self.words(f"sheet_{other}")
                sheet.write_url(row, 0, f"internal:'{name}'!A1", self.link, string=name)
                sheet.write_number(row, 1, len(changes), self.plain)
                row += 1
            for other in ("bodies", "method"):
                name = self.words(f"sheet_{other}")
                sheet.write_url(row, 0, f"internal:'{name}'!A1", self.link, string=name)
                row += 1
        else:
            name = self.words("sheet_summary")
            sheet.write_url(row, 0, f"internal:'{name}'!A1", self.link, string=self.words("back"))
            row += 1
        for block in blocks:
            row = self._prose_block(sheet, row, block)

    def _prose_block(self, sheet: Any, row: int, block: Block) -> int:
        if isinstance(block, Heading):
            sheet.write_string(row + 1, 0, formula_safe(block.text), self.title)
            return row + 2
        if isinstance(block, Paragraph):
            look = self.bold if block.kind == "warning" else self.plain
            sheet.merge_range(row, 0, row, 3, "", look)
            sheet.write_string(row, 0, formula_safe(block.text)[:MOST], look)
            sheet.set_row(row, _height([block.text], [sum(_PROSE_WIDTHS)]))
            return row + 1
        if isinstance(block, Points):
            for name, text, anchor in block.points:
                sheet.write_url(row, 0, self.places[anchor], self.link, string=formula_safe(name))
                sheet.merge_range(row, 1, row, 3, "", self.plain)
                sheet.write_string(row, 1, formula_safe(text)[:MOST], self.plain)
                sheet.set_row(row, _height([text], [sum(_PROSE_WIDTHS[1:])]))
                row += 1
            return row
        table = block.table if isinstance(block, Flow) else block
        if not isinstance(table, Table) or not table.rows:
            return row
        rows: list[tuple[Sequence[Cell], Any]] = [(table.header, self.head)] if table.header else []
        rows += [(values, None) for values in table.rows]
        for values, look in rows:
            sheet.set_row(row, _height(values, _PROSE_WIDTHS))
            for column, value in enumerate(values):
                if look is not None:
                    sheet.write_string(row, column, str(value), look)
                else:
                    self._cell(sheet, row, column, value)
            row += 1
        return row + 1


def _height(values: Sequence[Any], widths: Sequence[float]) -> float:
    """A row's height in points for its longest wrapped text; not every program works it out when it opens a file."""

    def lines(value: Any, width: float) -> int:
        text = "".join(run.text for run in value) if isinstance(value, tuple) else str(value)
        return sum(1 + int(1.1 * wide(line) / width) for line in text.split("\n"))

    return min(
        15.0 * max((lines(value, width) for value, width in zip(values, widths, strict=False)), default=1), 400.0
    )
