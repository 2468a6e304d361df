"""Results as plain data (the JSON of the contract) and as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .model import Body, Fate, Link, Outcome, Plan, Section, Source, Task


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
        "source": _source(plan.source),
        "declared_tasks": plan.declared_tasks,
        "parsed_tasks": len(plan.tasks),
        "missing": [list(gap) for gap in plan.missing],
        "warnings": list(plan.warnings),
        **_other_edition(plan),
    }


def _other_edition(plan: Plan) -> dict[str, Any]:
    """What a plan was read in besides; nothing for a plan that was read in one edition."""
    if (edition := plan.other_edition) is None:
        return {}
    read = [task.number for task in plan.tasks if task.other_edition]
    return {"other_edition": asdict(edition) | {"source": _source(edition.source), "tasks": read}}


def _source(source: Source) -> dict[str, Any]:
    return {key: value for key, value in asdict(source).items() if value or key != "retrieved"}


def edition_dict(task: Task) -> dict[str, bool]:
    """That a task, or what is said of it, was read in the other edition of its plan; nothing for any other."""
    return {"other_edition": True} if task.other_edition else {}


def section_dict(section: Section) -> dict[str, str]:
    return {"number": section.number, "heading": section.heading}


def body_dict(body: Body) -> dict[str, Any]:
    return {"id": body.id, "name": body.name, "as_printed": body.as_printed, "lead": body.lead} | (
        {"doubtful": True} if body.doubtful else {}
    )


def task_dict(task: Task) -> dict[str, Any]:
    # What finds names is left aside by the views that show none.
    from .commitments.names import names_in
    from .commitments.references import name_of
    from .commitments.splitter import split_task

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
        "commitments": [
            {"ref": name_of(task.ref, index), "span": list(commitment.span), "text": commitment.display}
            for index, commitment in enumerate(split_task(task))
        ],
        **edition_dict(task),
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
        "split": list(link.split),
        "merge": list(link.merge),
        "newly_named": list(link.newly_named),
        "no_longer_named": list(link.no_longer_named),
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
        "partly_dropped": outcome.partly_dropped,
        "partly_new": outcome.partly_new,
    }


def fate_dict(fate: Fate) -> dict[str, Any]:
    """A commitment of `plancmp.diff/1` with its counterparts."""
    return {
        "ref": fate.ref,
        "task": fate.task,
        "span": list(fate.span),
        "text": fate.text,
        "status": str(fate.status),
        "softened": fate.softened,
        "strength": "unclear" if fate.unclear else "clear",
        "confidence": fate.confidence,
        "doubtful": fate.doubtful,
        "complete": fate.complete,
        "text_hash": fate.text_hash,
        "counterparts": [
            {
                "ref": counterpart.ref,
                "confidence": counterpart.confidence,
                "doubtful": counterpart.doubtful,
                "status": str(counterpart.status),
                "softened": counterpart.softened,
                "signals": [asdict(signal) for signal in counterpart.signals],
                "decided_by": counterpart.decided_by,
                "note": counterpart.note,
            }
            for counterpart in fate.counterparts
        ],
        "nearest": {"ref": fate.nearest[0], "confidence": fate.nearest[1]} if fate.nearest else None,
        "note": fate.note,
    }


def tasks(plan: Plan, chosen: Iterable[Task] | None = None) -> dict[str, Any]:
    """`plancmp.tasks/1`."""
    return {
        "schema": "plancmp.tasks/1",
        "plan": plan_dict(plan),
        "tasks": [task_dict(task) for task in (plan.tasks if chosen is None else chosen)],
    }
