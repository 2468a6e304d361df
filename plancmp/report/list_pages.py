"""Histories and responsible bodies as blocks for the renderers of briefings."""

from __future__ import annotations

import datetime

from ..analysis.bodies import Responsibilities
from ..analysis.history import History
from ..model import Entry
from ..plans import editions
from .blocks import Block, Briefing, Cell, Heading, Paragraph, Table, clean, section_path, words_of

_FIELDS = ("task", "match", "status", "text", "bodies", "citation")
_HEADER = ("Plan", *(field.capitalize() for field in _FIELDS))
_WIDTHS = (11.0, 13.0, 9.0, 18.0, 56.0, 26.0, 30.0)


def _fields(history: History, entry: Entry) -> dict[str, str]:
    """One match as printable words."""
    threads = {(thread.old, thread.new): thread for thread in history.links}
    plan, task = entry.plan, entry.task
    before = [
        f"{threads[ref, task.ref].status} from {ref}" if (ref, task.ref) in threads else f"from {ref}"
        for ref in entry.continues
    ]
    place = f"{section_path(task.section)}, task {editions.marked(task.number, task)}, lines {task.lines[0]} to {task.lines[1]}"
    if task.other_edition:
        place += f" of {plan.source_of(task).file}, read in the other edition"
    values = (
        task.ref,
        entry.match,
        "; ".join(before) or str(entry.status or ""),
        task.full_text,
        "; ".join(body.name + (" (lead)" if body.lead else "") for body in task.bodies),
        f"{plan.title}, {plan.issuer}, {plan.issued}, {place}",
    )
    return {field: clean(value) for field, value in zip(_FIELDS, values, strict=True)}


def of_history(history: History) -> Briefing:
    """Every match plan by plan, oldest first, with its exact place; in a workbook one row a match."""
    words = words_of("en")
    blocks: list[Block] = []
    listed: list[tuple[Cell, ...]] = []
    if history.looked_for:
        blocks.append(Paragraph(clean(f"Also looked for: {'; '.join(history.looked_for)}.")))
    if history.note:
        blocks.append(Paragraph(clean(history.note), "warning"))
    for text, ids in (
        ("No match in", history.plans_without_match),
        ("Text cut, so that silence proves nothing", history.plans_cut),
    ):
        if ids:
            blocks.append(Paragraph(clean(f"{text}: {', '.join(ids)}."), "warning"))
    in_front = tuple(blocks)
    for plan in {entry.plan.id: entry.plan for entry in history.entries}.values():
        found = [_fields(history, entry) for entry in history.entries if entry.plan.id == plan.id]
        listed += [(clean(plan.id), *fields.values()) for fields in found]
        blocks.append(Heading(1, clean(f"{plan.id}: {plan.title}"), f"plan-{plan.id}"))
        for fields in found:
            blocks.append(Heading(2, fields["task"], f"task-{fields['task']}"))
            blocks.append(Paragraph(fields["text"]))
            facts = tuple((name, fields[name]) for name in ("match", "status", "bodies", "citation") if fields[name])
            blocks.append(Table("particulars", "", (), facts))
    return Briefing(
        clean(f"History of “{history.query}”"),
        datetime.date.today().isoformat(),
        "",
        "",
        words,
        tuple(blocks),
        sheets=(words.with_remarks(Table("history", "Matches", _HEADER, tuple(listed), _WIDTHS, "Matches")),),
        workbook=in_front,
    )


def of_bodies(found: Responsibilities) -> Briefing:
    """What each body gained, lost, leads and led; in a workbook one row a body."""
    old, new = found.result.old, found.result.new
    words = words_of("en")
    blocks: list[Block] = [Paragraph(clean(note), "warning") for note in found.result.notes]
    for plan, says in ((old, found.says_lead[0]), (new, found.says_lead[1])):
        if not says:
            blocks.append(
                Paragraph(clean(f"{plan.id} does not say who leads; a change of lead cannot be told."), "warning")
            )
    in_front = tuple(blocks)
    header = (
        "Body", "Name", f"Tasks in {old.id}", f"Tasks in {new.id}", "Newly named", "No longer named", "Took the lead",
        "Gave up the lead", "Succession",
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
    blocks.append(Heading(1, "Responsible bodies", "responsible-bodies"))
    for row in rows:
        blocks.append(Heading(2, f"{row[0]}: {row[1]}" if row[0] != row[1] else str(row[1]), f"body-{row[0]}"))
        facts = tuple((name, value) for name, value in zip(header[2:], row[2:], strict=True) if value != "")
        blocks.append(Table("particulars", "", (), facts))
    sheet = Table(
        "responsibilities",
        "Responsible bodies",
        header,
        tuple(rows),
        (10, 28, 10, 10, 25, 25, 17, 17, 15),
        "Responsible bodies",
    )
    title = clean(f"Responsible bodies: {old.id} and {new.id}")
    return Briefing(
        title,
        datetime.date.today().isoformat(),
        "",
        "",
        words,
        tuple(blocks),
        sheets=(words.with_remarks(sheet),),
        workbook=in_front,
    )
