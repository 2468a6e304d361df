"""Histories and responsible bodies as blocks for the renderers of briefings, and any such tables as a workbook."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

from .. import files
from ..analysis.bodies import Responsibilities
from ..analysis.history import History
from ..errors import MissingExtra
from ..model import Entry
from . import archive
from .blocks import Block, Briefing, Cell, Heading, Paragraph, Table, clean, section_path, words_of
from .csv_table import formula_safe

_FIELDS = ("task", "match", "status", "text", "bodies", "citation")


def _fields(history: History, entry: Entry) -> dict[str, str]:
    """One match as printable words."""
    threads = {(thread.old, thread.new): thread for thread in history.links}
    plan, task = entry.plan, entry.task
    before = [
        f"{threads[ref, task.ref].status} from {ref}" if (ref, task.ref) in threads else f"from {ref}"
        for ref in entry.continues
    ]
    place = f"{section_path(task.section)}, task {task.number}, lines {task.lines[0]} to {task.lines[1]}"
    values = (
        task.ref,
        entry.match,
        "; ".join(before) or str(entry.status or ""),
        task.full_text,
        "; ".join(body.name + (" (lead)" if body.lead else "") for body in task.bodies),
        f"{plan.title}, {plan.issuer}, {plan.issued}, {place}",
    )
    return {field: clean(value) for field, value in zip(_FIELDS, values, strict=True)}


def of_history(history: History, flat: bool = False) -> Briefing:
    """Every match plan by plan, oldest first, with its exact place. flat: a row a match, for a workbook."""
    blocks: list[Block] = []
    if history.looked_for:
        blocks.append(Paragraph(clean(f"Also looked for: {'; '.join(history.looked_for)}.")))
    if history.note:
        blocks.append(Paragraph(clean(history.note), "warning"))
    for words, ids in (
        ("No match in", history.plans_without_match),
        ("Text cut, so that silence proves nothing", history.plans_cut),
    ):
        if ids:
            blocks.append(Paragraph(clean(f"{words}: {', '.join(ids)}.")))
    for plan in {entry.plan.id: entry.plan for entry in history.entries}.values():
        found = [_fields(history, entry) for entry in history.entries if entry.plan.id == plan.id]
        blocks.append(Heading(1, clean(f"{plan.id}: {plan.title}"), f"plan-{plan.id}"))
        if flat:
            rows: tuple[tuple[Cell, ...], ...] = tuple(tuple(fields.values()) for fields in found)
            blocks.append(Table(f"history {plan.id}", clean(plan.id), _FIELDS, rows))
            continue
        for fields in found:
            blocks.append(Heading(2, fields["task"], f"task-{fields['task']}"))
            blocks.append(Paragraph(fields["text"]))
            facts = tuple((name, fields[name]) for name in ("match", "status", "bodies", "citation") if fields[name])
            blocks.append(Table("particulars", "", (), facts))
    return Briefing(
        clean(f"History of “{history.query}”"), datetime.date.today().isoformat(), "", "", words_of("en"), tuple(blocks)
    )


def of_bodies(found: Responsibilities, flat: bool = False) -> Briefing:
    """What each body gained, lost, leads and led. flat: a row a body, for a workbook."""
    old, new = found.result.old, found.result.new
    blocks: list[Block] = [Paragraph(clean(note), "warning") for note in found.result.notes]
    for plan, says in ((old, found.says_lead[0]), (new, found.says_lead[1])):
        if not says:
            blocks.append(
                Paragraph(clean(f"{plan.id} does not say who leads; a change of lead cannot be told."), "warning")
            )
    header = (
        "body", "name", f"tasks in {old.id}", f"tasks in {new.id}", "joined", "left", "took the lead", "gave up the lead", "succession",
    )  # fmt: skip

    def pairs(links: tuple[tuple[str, str], ...]) -> str:
        return "; ".join(f"{a} → {b}" for a, b in links)

    rows: list[tuple[Cell, ...]] = [
        (
            clean(c.id), clean(c.name), len(c.old_tasks), len(c.new_tasks), clean(pairs(c.joined)), clean(pairs(c.left)),
            clean(pairs(c.took_lead)), clean(pairs(c.gave_lead)), clean(c.succession or ""),
        )
        for c in found.changes
    ]  # fmt: skip
    blocks.append(Heading(1, "Responsible bodies", "bodies"))
    if flat:
        blocks.append(Table("responsibilities", "Responsible bodies", header, tuple(rows)))
    for row in () if flat else rows:
        blocks.append(Heading(2, f"{row[0]}: {row[1]}" if row[0] != row[1] else str(row[1]), f"body-{row[0]}"))
        facts = tuple((name, value) for name, value in zip(header[2:], row[2:], strict=True) if value != "")
        blocks.append(Table("particulars", "", (), facts))
    title = clean(f"Responsible bodies: {old.id} and {new.id}")
    return Briefing(title, datetime.date.today().isoformat(), "", "", words_of("en"), tuple(blocks))


def workbook(briefing: Briefing, path: Path) -> None:
    """One sheet a table: filters, frozen header, wrapped text, no cell a formula."""
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtra("an Excel workbook needs XlsxWriter", "pip install XlsxWriter") from None
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EEF0F3"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    book.set_properties({"title": briefing.title, "created": datetime.datetime.fromisoformat(briefing.date)})
    tables = [block for block in briefing.blocks if isinstance(block, Table) and block.header]
    for table in tables or [Table("empty", "", (briefing.title,), ())]:
        sheet = book.add_worksheet("".join(char for char in table.name if char.isalnum() or char in " -.")[:31] or None)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, table.header, head)
        for row, cells in enumerate(table.rows, start=1):
            sheet.write_row(row, 0, [formula_safe(cell) for cell in cells], plain)
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.header) - 1)
        for column, words in enumerate(table.header):
            longest = max([len(str(words)), *(len(str(row[column])) for row in table.rows)])
            sheet.set_column(column, column, min(max(longest, 10), 60))
    book.close()
    files.write_output(path, archive.without_timestamps(out.getvalue()))
