"""Where a topic, a name or a task stands in every plan at hand, and the thread from plan to plan.

A query is answered from the index: tasks that hold all its concepts, else those that hold part of it, else those near in
meaning. What each of them continues is what compare.diff finds between neighbouring plans.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from . import corpus, index
from .errors import UsageError
from .index import Index, Working
from .model import Entry, Plan, Task
from .query import Concept, Question
from .text import CJK, normalise, printable
from .threads import Thread, Threads

if TYPE_CHECKING:
    from .vectors import Progress


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
    links: tuple[Thread, ...] = ()
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
    from .report import tabular

    return {
        "ref": entry.task.ref,
        "plan": entry.plan.id,
        "date": entry.plan.issued,
        "section": [tabular.section_dict(section) for section in entry.task.section],
        "title": entry.task.title,
        "text": entry.task.text,
        "bodies": [tabular.body_dict(body) for body in entry.task.bodies],
        "match": entry.match,
        "score": entry.score,
        "continues": list(entry.continues),
        "status": entry.status,
        "words": list(entry.words),
    }


# Entries, the lexicon's words that were looked for, and a note.
Found = tuple[list[Entry], tuple[str, ...], str | None]


def history(
    query: str,
    model: str | None = None,
    progress: Progress | None = None,
    working: Working | None = None,
) -> History:
    """Where a topic, name or task (`2021:37`) stands in every plan at hand, oldest plan first.

    model: a sentence-transformers name or path for matches in meaning and links, or None for the default.
    progress, working: told of texts embedded, and of plans read and compared.
    Raises UsageError for an empty query and for a task that a plan does not have, DocumentError for a damaged plan.
    """
    query = _stated(query)

    def asked(at_hand: Index) -> History:
        _whole(at_hand)
        threads = Threads(at_hand, model, progress, working)
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
    query = _stated(query)

    def asked(at_hand: Index) -> History:
        _whole(at_hand)
        entries, looked_for, note = find(query, at_hand, model, progress, working)
        entries.sort(key=lambda entry: -entry.score)
        threads = Threads(at_hand, model, progress, working)
        told = _told(query, at_hand, threads, entries[:limit], looked_for, note)
        matched = {entry.plan.id for entry in entries}
        silent = tuple(plan.id for plan in at_hand.plans if plan.id not in matched)
        return replace(told, schema="plancmp.search/1", plans_without_match=silent)

    return index.ask(asked, working)


def find(
    query: str,
    at_hand: Index,
    model: str | None = None,
    progress: Progress | None = None,
    working: Working | None = None,
    guest: Plan | None = None,
) -> Found:
    """The tasks that match a topic or name, in order of the plans; words looked for; a note.

    guest: a plan that is searched as if it were at hand, in the place of the one with its id.
    It reads no link and knows nothing of time.
    """
    asked = Question(_stated(query))
    shown = f"“{printable(query)}”"
    with at_hand.beside(guest) if guest else contextlib.nullcontext():
        if entries := _exact(asked, at_hand):
            return entries, asked.looked_for, None
        if entries := _partly(asked, at_hand):
            return entries, asked.looked_for, f"no task has all of {shown}; these have part of it"
    # Where the lexicon knows every word, what it looked for is what there is to look for.
    if asked.unknown and not CJK.search(query):
        from . import meaning

        for plan, place, score in meaning.near(query, at_hand, model, progress, working, guest):
            if plan:
                entries.append(Entry(at_hand.head(plan), at_hand.task(plan, place), "semantic", round(score, 3)))
            elif guest:
                entries.append(Entry(guest, guest.tasks[place], "semantic", round(score, 3)))
    if entries:
        return entries, asked.looked_for, f"no plan at hand has the words of {shown}; these tasks are near in meaning"
    return (
        [],
        asked.looked_for,
        f"nothing found for {shown} in any plan at hand, nor for the field's other words for it",
    )


def refs_on(plan: Plan, topic: str) -> frozenset[str]:
    """The tasks of one plan that match a topic: names as in Task.ref. Raises UsageError for an empty topic.

    The other plans at hand are searched too: whether a topic has exact matches must not depend on the plan asked.
    """

    def asked(at_hand: Index) -> frozenset[str]:
        _whole(at_hand, but=plan.id)
        is_at_hand = any(listed.id == plan.id and at_hand.head(listed) == plan for listed in at_hand.plans)
        entries = find(topic, at_hand, guest=None if is_at_hand else plan)[0]
        return frozenset(entry.task.ref for entry in entries if entry.plan.id == plan.id)

    return index.ask(asked)


def _stated(query: str) -> str:
    query = normalise(query)
    if not query:
        raise UsageError(
            "the query is empty", "give a topic, a name or a task, for example: plancmp history “trade secrets”"
        )
    return query


def _whole(at_hand: Index, but: str = "") -> None:
    """Raises DocumentError where a plan at hand, other than one, is damaged: silence about it would be taken for its own."""
    for name, error in at_hand.damaged.items():
        if name != but:
            raise error


def _told(
    query: str,
    at_hand: Index,
    threads: Threads,
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


def _exact(asked: Question, at_hand: Index) -> list[Entry]:
    """The tasks that hold all concepts: in one sentence, or else, where no task does, anywhere in the text."""
    concepts = [concept for concept, _ in asked.concepts]
    found = _holding(asked, concepts, at_hand, one_sentence=True)
    return found if found or len(concepts) < 2 else _holding(asked, concepts, at_hand, one_sentence=False)


def _partly(asked: Question, at_hand: Index) -> list[Entry]:
    """The tasks that hold all known concepts, where these are at least half of what the query says.

    Only where the plans have the other words too ("vaccine patents"): "dog training" is not about training.
    """
    known = [concept for concept, is_known in asked.concepts if is_known]
    if not known or not asked.unknown or sum(len(concept.own) for concept in known) < len(asked.unknown):
        return []
    # Chinese that no lexicon knows says nothing about English plans.
    if not all(CJK.match(stem) or at_hand.has(stem) for stem in asked.unknown):
        return []
    found = _holding(asked, known, at_hand, one_sentence=True)
    return [replace(entry, match="semantic", score=round(entry.score / 2, 3)) for entry in found]


def _holding(asked: Question, concepts: Sequence[Concept], at_hand: Index, one_sentence: bool) -> list[Entry]:
    if not concepts and not asked.bodies:
        return []

    def possible(line: str) -> bool:
        return all(concept.possible(line) for concept in concepts)

    found = []
    for candidate in at_hand.having(asked.needs(concepts), possible):
        task, text = candidate.read()
        match = asked.match(concepts, task, text, one_sentence)
        if match is not None:
            found.append(Entry(at_hand.head(candidate.plan), task, "exact", *match))
    return found


# ---------------------------------------------------------------- one task through the plans

_TASK = re.compile(r"([\w.-]+):([\w.]+)")


def _named_task(query: str) -> tuple[Plan, Task] | None:
    """The task that the query names (`2021:37`); None where it is a topic. Raises UsageError for a number a plan lacks."""
    match = _TASK.fullmatch(query)
    if match is None:
        return None
    try:
        corpus.resolve(match[1])
    except UsageError:
        return None
    return corpus.find_task(query)


def _followed(seed: tuple[Plan, Task], at_hand: Index, threads: Threads) -> list[Entry]:
    """The task, what it continues in older plans and what continues it in newer ones."""
    score = threads.along(seed[1].ref, seed[0].id)
    return [
        Entry(at_hand.head(plan), task, "exact" if task.ref == seed[1].ref else "semantic", round(score[task.ref], 3))
        for plan, task in at_hand.named(score)
    ]
