"""Results as CSV: one row for each link or task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ..model import Link, Outcome, Task
from ..outcomes.result import PlanDiff

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


def comparison_csv(result: PlanDiff, links: Sequence[Link], outcomes: Sequence[Outcome]) -> str:
    """One row for each link, then one row for each task without a link."""
    by_ref = {task.ref: task for plan in (result.old, result.new) for task in plan.tasks}
    old_refs = {task.ref for task in result.old.tasks}
    header = (
        "old",
        "new",
        "status",
        "softened",
        "doubtful",
        "confidence",
        "decided_by",
        "reason",
        "old_text",
        "new_text",
        "old_bodies",
        "new_bodies",
        "note",
    )

    def bodies(task: Task | None) -> str:
        return (
            "; ".join((body.id or body.name) + (" (lead)" if body.lead else "") for body in task.bodies) if task else ""
        )

    rows: list[list[Any]] = []
    for link in links:
        old, new = by_ref[link.old], by_ref[link.new]
        reason = "; ".join(f"{s.note} (“{s.old_text}” → “{s.new_text}”)" for s in link.signals)
        rows.append(
            [
                link.old,
                link.new,
                link.status,
                link.softened,
                link.doubtful,
                link.confidence,
                link.decided_by,
                reason,
                old.text,
                new.text,
                bodies(old),
                bodies(new),
                link.note or "",
            ]
        )
    for outcome in outcomes:
        if outcome.links:
            continue
        task = by_ref[outcome.ref]
        is_old = outcome.ref in old_refs
        nearest = (
            f"no counterpart found; nearest {outcome.nearest[0]}, {outcome.nearest[1]:.2f}"
            if outcome.nearest
            else "no counterpart found"
        )
        rows.append(
            [
                outcome.ref if is_old else "",
                "" if is_old else outcome.ref,
                outcome.status,
                False,
                False,
                outcome.confidence,
                "model",
                nearest,
            ]
            + ([task.text, "", bodies(task), ""] if is_old else ["", task.text, "", bodies(task)])
            + [outcome.note or ""]
        )
    return csv_text(header, rows)


def tasks_csv(tasks: Iterable[Task]) -> str:
    """One row for each task."""
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
            )
            for task in tasks
        ),
    )
