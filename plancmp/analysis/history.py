"""The tasks of all plans that match a topic, a name or a task, and the links between them from plan to plan.

A query is answered from the index: tasks with all its concepts, else those with part of it, else those near in meaning.
The links are those that pipeline.diff finds between neighbouring plans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Entry, Plan, Task
from ..plans import catalogue
from ..search.index import Index, StageProgress, with_index
from ..search.lineage import Lineage, LineageLink
from ..search.topics import Found, find, stated_query, warn_of_damaged

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


@dataclass(frozen=True, slots=True)
class History:
    """The matches of a query in all plans.

    entries: oldest plan first and in document order (`history`), or best first (`search`).
    plans_cut: plans whose text is incomplete, so that the lack of a match proves nothing. links: between entries only.
    looked_for: the lexicon's synonyms that were searched too. note: a remark for the reader on how the query was matched.
    plans: those searched, oldest first; their tasks are read on first use.
    """

    query: str
    entries: tuple[Entry, ...]
    plans_searched: tuple[str, ...]
    plans_without_match: tuple[str, ...]
    plans_cut: tuple[str, ...] = ()
    links: tuple[LineageLink, ...] = ()
    note: str | None = None
    looked_for: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = field(default=(), repr=False)
    schema: str = "plancmp.history/1"

    def to_dict(self) -> dict:
        """The result as the JSON of `plancmp.history/1` or `plancmp.search/1`."""
        return {
            "schema": self.schema,
            "query": self.query,
            "entries": [_entry_dict(entry) for entry in self.entries],
            "plans_searched": list(self.plans_searched),
            "plans_without_match": list(self.plans_without_match),
            "plans_cut": list(self.plans_cut),
            "links": [asdict(link) for link in self.links],
            "looked_for": list(self.looked_for),
            "note": self.note,
        }


def _entry_dict(entry: Entry) -> dict:
    from .. import serialization

    return {
        "ref": entry.task.ref,
        "plan": entry.plan.id,
        "date": entry.plan.issued,
        "section": [serialization.section_dict(section) for section in entry.task.section],
        "title": entry.task.title,
        "text": entry.task.text,
        "bodies": [serialization.body_dict(body) for body in entry.task.bodies],
        "match": entry.match,
        "score": entry.score,
        "continues": list(entry.continues),
        "status": entry.status,
        "words": list(entry.words),
    }


def history(
    query: str,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
) -> History:
    """Where a topic, name or task (`2021:37`) stands in every plan at hand, oldest plan first.

    model: a sentence-transformers name or path for matches in meaning and links, or None for the default.
    progress, working: called with the progress of embedding, and of reading and comparing plans.
    A damaged plan is left out with a warning. Raises UsageError for an empty query and for a task that a plan lacks.
    """
    query = stated_query(query)

    def answer(index: Index) -> History:
        warn_of_damaged(index)
        lineage = Lineage(index, model, progress, working)
        if (seed := _named_task(query)) is not None:
            found: Found = (_follow(seed, index, lineage), (), None)
        else:
            found = find(query, index, model, progress, working)
        return _assemble(query, index, lineage, *found)

    return with_index(answer, working)


def search(
    query: str,
    limit: int | None = 20,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
) -> History:
    """The tasks of all plans at hand that match a query, best first, at most `limit`. Otherwise as `history`."""
    query = stated_query(query)

    def answer(index: Index) -> History:
        warn_of_damaged(index)
        entries, looked_for, note = find(query, index, model, progress, working)
        entries.sort(key=lambda entry: -entry.score)
        lineage = Lineage(index, model, progress, working)
        result = _assemble(query, index, lineage, entries[:limit], looked_for, note)
        matched = {entry.plan.id for entry in entries}
        without_match = tuple(plan.id for plan in index.plans if plan.id not in matched)
        return replace(result, schema="plancmp.search/1", plans_without_match=without_match)

    return with_index(answer, working)


def _assemble(
    query: str,
    index: Index,
    lineage: Lineage,
    entries: Sequence[Entry],
    looked_for: tuple[str, ...],
    note: str | None,
) -> History:
    refs_by_plan: dict[str, set[str]] = {}
    for entry in entries:
        refs_by_plan.setdefault(entry.plan.id, set()).add(entry.task.ref)
    lineage.compare_missing(refs_by_plan)
    ancestry = {
        ref: found for plan, refs in refs_by_plan.items() for ref, found in lineage.ancestry(plan, refs).items()
    }
    entries = [
        replace(entry, continues=ancestry[entry.task.ref][0], status=ancestry[entry.task.ref][1]) for entry in entries
    ]
    return History(
        query=query,
        entries=tuple(entries),
        plans_searched=tuple(plan.id for plan in index.plans),
        plans_without_match=tuple(plan.id for plan in index.plans if plan.id not in refs_by_plan),
        plans_cut=tuple(plan.id for plan in index.plans if plan.cut),
        links=lineage.links_among(ancestry.keys(), refs_by_plan),
        note=note,
        looked_for=looked_for,
        plans=tuple(map(index.head, index.plans)),
    )


_TASK = re.compile(r"([\w.-]+):([\w.]+)")


def _named_task(query: str) -> tuple[Plan, Task] | None:
    """The task that the query names (`2021:37`); None where it is a topic. Raises UsageError for a number a plan lacks."""
    match = _TASK.fullmatch(query)
    if match is None:
        return None
    try:
        catalogue.resolve(match[1])
    except UsageError:
        return None
    return catalogue.find_task(query)


def _follow(seed: tuple[Plan, Task], index: Index, lineage: Lineage) -> list[Entry]:
    """The task, what it continues in older plans and what continues it in newer ones."""
    score = lineage.trace(seed[1].ref, seed[0].id)
    return [
        Entry(index.head(plan), task, "exact" if task.ref == seed[1].ref else "semantic", round(score[task.ref], 3))
        for plan, task in index.tasks_named(score)
    ]
