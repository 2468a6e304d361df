"""The tasks that a topic or name is about, in all plans at hand."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Entry, Plan
from ..plans import catalogue
from ..text import CJK, normalise, printable
from . import index
from .index import Index, Working
from .query import Concept, Question

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


# Entries, the lexicon's words that were looked for, and a note.
Found = tuple[list[Entry], tuple[str, ...], str | None]


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
    asked = Question(stated_query(query))
    shown = f"“{printable(query)}”"
    with at_hand.beside(guest) if guest else contextlib.nullcontext():
        if entries := _exact(asked, at_hand):
            return entries, asked.looked_for, None
        if entries := _partly(asked, at_hand):
            return entries, asked.looked_for, f"no task has all of {shown}; these have part of it"
    # Where the lexicon knows every word, what it looked for is what there is to look for.
    if asked.unknown and not CJK.search(query):
        from ..search import semantic

        for plan, place, score in semantic.near(query, at_hand, model, progress, working, guest):
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
        warn_of_damaged(at_hand, but=plan.id)
        is_at_hand = any(listed.id == plan.id and at_hand.head(listed) == plan for listed in at_hand.plans)
        entries = find(topic, at_hand, guest=None if is_at_hand else plan)[0]
        return frozenset(entry.task.ref for entry in entries if entry.plan.id == plan.id)

    return index.ask(asked)


def stated_query(query: str) -> str:
    query = normalise(printable(query))
    if not query:
        raise UsageError(
            "the query is empty", "give a topic, a name or a task, for example: plancmp history “trade secrets”"
        )
    return query


def warn_of_damaged(at_hand: Index, but: str = "") -> None:
    """Warn of each damaged plan but one: it is left out, and its silence must not be taken for an answer."""
    for name, error in at_hand.damaged.items():
        if name != but:
            catalogue.warn_skipped(name, error)


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
