"""The main job, put together from the rooms below: two plans to a Comparison."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import corpus, keep, notes
from .config import CONFIG
from .decisions import of_plans
from .model import CommitmentLink, Comparison, Link, Outcome, Plan, Signal, Status, Task

if TYPE_CHECKING:
    from .vectors import Progress


def diff(
    old: Plan,
    new: Plan,
    model: str | None = None,
    progress: Progress | None = None,
    decisions: Path | None = None,
) -> Comparison:
    """What became of every commitment of `old` in `new`.

    model: a sentence-transformers name or path, or None. decisions: a reviewer's file; None is one's own for this pair.
    """
    decided = of_plans(old, new, decisions)

    def worked_out() -> Comparison:
        # What compares is loaded only where something is left to compare.
        from . import outcomes

        return outcomes.of_plans(old, new, decided, model, progress)

    if decided.made:
        return worked_out()
    # What two plans say decides everything, so an answer holds as long as neither changes.
    digest = hashlib.sha256(repr((old, new, model, CONFIG)).encode()).hexdigest()
    return keep.kept(
        "comparisons",
        digest,
        worked_out,
        lambda result: {
            "links": [
                _fields(link)
                | {"signals": list(map(_fields, link.signals)), "commitments": list(map(_fields, link.commitments))}
                for link in result.links
            ],
            "tasks": list(map(_fields, result.tasks)),
            "encoder": result.encoder,
        },
        lambda data: _revived(old, new, data),
    )


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are: `dataclasses.asdict` copies everything in them."""
    return {name: getattr(value, name) for name in value.__slots__}


def _revived(old: Plan, new: Plan, data: dict) -> Comparison:
    """A comparison from the JSON of its links and outcomes."""

    def span(pair: list[int] | None) -> tuple[int, int] | None:
        return (pair[0], pair[1]) if pair else None

    links = tuple(
        Link(
            **link
            | {
                "status": Status(link["status"]),
                "signals": tuple(Signal(**signal) for signal in link["signals"]),
                "commitments": tuple(
                    CommitmentLink(span(c["old_span"]), span(c["new_span"]), Status(c["status"]))
                    for c in link["commitments"]
                ),
            }
        )
        for link in data["links"]
    )
    outcomes = tuple(
        Outcome(
            **task
            | {
                "status": Status(task["status"]),
                "links": tuple(task["links"]),
                "nearest": (task["nearest"][0], task["nearest"][1]) if task["nearest"] else None,
            }
        )
        for task in data["tasks"]
    )
    return Comparison(old, new, links, outcomes, notes.on(old, new), data["encoder"], asdict(CONFIG))


def links_of(plan: Plan, task: Task, progress: Progress | None = None) -> list[tuple[Link, Task, Plan]]:
    """The links of one task to the plans before and after its own in its series, each with the partner and its plan."""
    found = []
    before, after = corpus.neighbours(plan)
    for other, is_old in ((before, False), (after, True)):
        if other is None:
            continue
        result = diff(plan, other, progress=progress) if is_old else diff(other, plan, progress=progress)
        partners = {t.ref: t for t in other.tasks}
        for link in result.links:
            if (link.old if is_old else link.new) == task.ref:
                found.append((link, partners[link.new if is_old else link.old], other))
    return found
