"""Where a topic, a name or a task stands in every plan at hand, and the thread from plan to plan.

A query is answered from the index: tasks that hold all its concepts, else those that hold part of it, else those near in
meaning. What each of them continues is what pipeline.diff finds between neighbouring plans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Entry, Plan, Task
from ..plans import catalogue
from ..search import index
from ..search.index import Index, Working
from ..search.lineage import Lineage, LineageLink
from ..search.topics import Found, find, stated_query, warn_of_damaged

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


@dataclass(frozen=True, slots=True)
class History:
    """Where a query stands in every plan.

    entries: oldest plan first and in document order (`history`), or best first (`search`).
    plans_cut: plans whose text is incomplete, so that their silence proves nothing. links: between entries only.
    looked_for: the lexicon's words for the query that were looked for beside its own. note: what to tell the reader.
    plans: those searched, oldest first; their tasks are read when they are asked for.
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
    working: Working | None = None,
) -> History:
    """Where a topic, name or task (`2021:37`) stands in every plan at hand, oldest plan first.

    model: a sentence-transformers name or path for matches in meaning and links, or None for the default.
    progress, working: told of texts embedded, and of plans read and compared.
    A damaged plan is left out with a warning. Raises UsageError for an empty query and for a task that a plan lacks.
    """
    query = stated_query(query)

    def asked(at_hand: Index) -> History:
        warn_of_damaged(at_hand)
        threads = Lineage(at_hand, model, progress, working)
        if (seed := _named_task(query)) is not None:
            found: Found = (_followed(seed, at_hand, threads), (), None)
        else:
            found = find(query, at_hand, model, progress, working)
        return _told(query, at_hand, threads, *found)

    return index.ask(asked, working)


def search(
    query: str,
    limit: int | None = 20,
    model: str | None = None,
    progress: Progress | None = None,
    working: Working | None = None,
) -> History:
    """The tasks of all plans at hand that match a query, best first, at most `limit`. Otherwise as `history`."""
    query = stated_query(query)

    def asked(at_hand: Index) -> History:
        warn_of_damaged(at_hand)
        entries, looked_for, note = find(query, at_hand, model, progress, working)
        entries.sort(key=lambda entry: -entry.score)
        threads = Lineage(at_hand, model, progress, working)
        told = _told(query, at_hand, threads, entries[:limit], looked_for, note)
        matched = {entry.plan.id for entry in entries}
        silent = tuple(plan.id for plan in at_hand.plans if plan.id not in matched)
        return replace(told, schema="plancmp.search/1", plans_without_match=silent)

    return index.ask(asked, working)


def _told(
    query: str,
    at_hand: Index,
    threads: Lineage,
    entries: Sequence[Entry],
    looked_for: tuple[str, ...],
    note: str | None,
) -> History:
    held: dict[str, set[str]] = {}
    for entry in entries:
        held.setdefault(entry.plan.id, set()).add(entry.task.ref)
    threads.fetch(held)
    before = {ref: told for plan, refs in held.items() for ref, told in threads.before(plan, refs).items()}
    entries = [
        replace(entry, continues=before[entry.task.ref][0], status=before[entry.task.ref][1]) for entry in entries
    ]
    return History(
        query=query,
        entries=tuple(entries),
        plans_searched=tuple(plan.id for plan in at_hand.plans),
        plans_without_match=tuple(plan.id for plan in at_hand.plans if plan.id not in held),
        plans_cut=tuple(plan.id for plan in at_hand.plans if plan.cut),
        links=threads.among(before.keys(), held),
        note=note,
        looked_for=looked_for,
        plans=tuple(map(at_hand.head, at_hand.plans)),
    )


# ---------------------------------------------------------------- tasks that hold what is asked for


# ---------------------------------------------------------------- one task through the plans

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


def _followed(seed: tuple[Plan, Task], at_hand: Index, threads: Lineage) -> list[Entry]:
    """The task, what it continues in older plans and what continues it in newer ones."""
    score = threads.along(seed[1].ref, seed[0].id)
    return [
        Entry(at_hand.head(plan), task, "exact" if task.ref == seed[1].ref else "semantic", round(score[task.ref], 3))
        for plan, task in at_hand.named(score)
    ]
