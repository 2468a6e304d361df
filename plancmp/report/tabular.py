"""Results as plain data (the JSON of the contract) and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from ..model import Body, Comparison, Link, Outcome, Plan, Section, Task


def dumps(data: Any) -> str:
    """JSON text: keys in the order of the contract, Chinese as it is, a new line at the end."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def plan_dict(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "title": plan.title,
        "issuer": plan.issuer,
        "issued": plan.issued,
        "covers": list(plan.covers),
        "language": plan.language,
        "series": plan.series,
        "source": asdict(plan.source),
        "declared_tasks": plan.declared_tasks,
        "parsed_tasks": len(plan.tasks),
        "missing": [list(gap) for gap in plan.missing],
        "warnings": list(plan.warnings),
    }


def section_dict(section: Section) -> dict[str, str]:
    return {"number": section.number, "heading": section.heading}


def body_dict(body: Body) -> dict[str, Any]:
    return {"id": body.id, "name": body.name, "as_printed": body.as_printed, "lead": body.lead} | (
        {"doubtful": True} if body.doubtful else {}
    )


def task_dict(task: Task) -> dict[str, Any]:
    # What finds names is left aside by the views that show none.
    from ..objects import names_in

    return {
        "ref": task.ref,
        "number": task.number,
        "kind": task.kind,
        "section": [section_dict(section) for section in task.section],
        "title": task.title,
        "text": task.text,
        "responsibility": task.responsibility,
        "bodies": [body_dict(body) for body in task.bodies],
        "names": list(names_in(task.text)),
        "complete": task.complete,
        "lines": list(task.lines),
    }


def link_dict(link: Link) -> dict[str, Any]:
    return {
        "old": link.old,
        "new": link.new,
        "status": str(link.status),
        "softened": link.softened,
        "confidence": link.confidence,
        "doubtful": link.doubtful,
        "decided_by": link.decided_by,
        "note": link.note,
        "scores": link.scores,
        "signals": [asdict(signal) for signal in link.signals],
        "commitments": [
            {
                "old_span": list(c.old_span) if c.old_span else None,
                "new_span": list(c.new_span) if c.new_span else None,
                "status": str(c.status),
            }
            for c in link.commitments
        ],
    }


def outcome_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "ref": outcome.ref,
        "status": str(outcome.status),
        "confidence": outcome.confidence,
        "note": outcome.note,
        "links": list(outcome.links),
        "nearest": {"ref": outcome.nearest[0], "score": outcome.nearest[1]} if outcome.nearest else None,
    }


def comparison(
    result: Comparison, links: Sequence[Link] | None = None, outcomes: Sequence[Outcome] | None = None
) -> dict[str, Any]:
    """`plancmp.diff/1`. links and outcomes: what a filter has left; the counts are always of the whole."""
    return {
        "schema": "plancmp.diff/1",
        "old": plan_dict(result.old),
        "new": plan_dict(result.new),
        "notes": list(result.notes),
        "encoder": result.encoder,
        "config": result.config,
        "summary": result.summary,
        "links": [link_dict(link) for link in (result.links if links is None else links)],
        "tasks": [outcome_dict(outcome) for outcome in (result.tasks if outcomes is None else outcomes)],
    }


def tasks(plan: Plan, chosen: Iterable[Task] | None = None) -> dict[str, Any]:
    """`plancmp.tasks/1`."""
    return {
        "schema": "plancmp.tasks/1",
        "plan": plan_dict(plan),
        "tasks": [task_dict(task) for task in (plan.tasks if chosen is None else chosen)],
    }


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header row. A cell that a spreadsheet would take for a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: Any) -> Any:
    """The cell, with an apostrophe before a text that a spreadsheet would run as a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return cell


def comparison_csv(result: Comparison, links: Sequence[Link], outcomes: Sequence[Outcome]) -> str:
    """One row a link, then one row a task without one."""
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


def tasks_csv(chosen: Iterable[Task]) -> str:
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
            for task in chosen
        ),
    )
