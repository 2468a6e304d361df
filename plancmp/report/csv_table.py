"""Results as CSV: one row a commitment or task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..model import Fate, Task
from ..outcomes.result import PlanDiff

# Said of a row that was read in the other edition of its plan.
OTHER_EDITION = "read in the other edition"

# Full-width signs too: spreadsheets set to Chinese or Japanese take them for the others.
_FORMULA_SIGNS = frozenset("=+-@\t\r＝＋－＠")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header row. A cell that a spreadsheet would evaluate as a formula gets a leading apostrophe."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([formula_safe(cell) for cell in row])
    return output.getvalue()


def formula_safe(cell: Any) -> Any:
    """The cell, with a leading apostrophe if it is a text that a spreadsheet would evaluate as a formula."""
    if isinstance(cell, str) and cell[:1] in _FORMULA_SIGNS:
        return "'" + cell
    return cell


def diff_csv(result: PlanDiff) -> str:
    """One row a commitment and counterpart, old ones first; one row a commitment without a counterpart."""
    header = (
        "ref", "plan", "section", "status", "softened", "strength", "doubtful", "confidence", "counterpart",
        "counterpart_status", "counterpart_confidence", "decided_by", "reason", "text", "counterpart_text", "bodies",
        "counterpart_bodies", "nearest", "note",
    )  # fmt: skip
    return csv_text(header, (row for fate in result.commitments for row in _diff_rows(result, fate)))


def _diff_rows(result: PlanDiff, fate: Fate) -> Iterator[list[Any]]:
    task = result.task(fate.task)
    plan = result.old if result.is_old(fate.task) else result.new
    own: list[Any] = [
        fate.ref, plan.id, " / ".join(f"{s.number} {s.heading}" for s in task.section), fate.status, fate.softened,
        "unclear" if fate.unclear else "clear", fate.doubtful, fate.confidence,
    ]  # fmt: skip
    note = "; ".join(filter(None, (fate.note, OTHER_EDITION if task.other_edition else "")))
    nearest = f"{fate.nearest[0]} {fate.nearest[1]:.2f}" if fate.nearest else ""
    for counterpart in fate.counterparts:
        partner = result.fate(counterpart.ref)
        reason = "; ".join(f"{s.note} (“{s.old_text}” → “{s.new_text}”)" for s in counterpart.signals)
        yield [
            *own, counterpart.ref, "softened" if counterpart.softened else counterpart.status, counterpart.confidence,
            counterpart.decided_by, reason, fate.text, partner.text, _bodies(task), _bodies(result.task(partner.task)),
            nearest, note,
        ]  # fmt: skip
    if not fate.counterparts:
        yield [*own, "", "", "", "model", "", fate.text, "", _bodies(task), "", nearest, note]


def _bodies(task: Task) -> str:
    return "; ".join((body.id or body.name) + (" (lead)" if body.lead else "") for body in task.bodies)


def tasks_csv(tasks: Iterable[Task]) -> str:
    """One row for each task; a last column where some were read in the other edition of the plan."""
    tasks = list(tasks)
    marked = any(task.other_edition for task in tasks)
    header = (
        "ref",
        "section",
        "title",
        "text",
        "responsibility",
        "bodies",
        "lead",
        "complete",
        "first_line",
        "last_line",
        *(["edition"] if marked else []),
    )
    return csv_text(
        header,
        (
            (
                task.ref,
                " / ".join(f"{s.number} {s.heading}" for s in task.section),
                task.title or "",
                task.text,
                task.responsibility or "",
                "; ".join(body.id or body.name for body in task.bodies),
                "; ".join(body.id or body.name for body in task.bodies if body.lead),
                task.complete,
                *task.lines,
                *([OTHER_EDITION if task.other_edition else ""] if marked else []),
            )
            for task in tasks
        ),
    )
