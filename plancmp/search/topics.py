"""The tasks of all plans that match a topic or name."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Entry, Plan
from ..plans import catalogue
from ..text import CJK, normalise, printable
from .index import Index, StageProgress, with_index
from .query import Concept, Question

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


# Entries, the lexicon's synonyms that were searched too, and a note.
Found = tuple[list[Entry], tuple[str, ...], str | None]


def find(
    query: str,
    index: Index,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
    guest: Plan | None = None,
) -> Found:
    """The tasks that match a topic or name, in order of the plans; words looked for; a note.

    guest: a plan that is searched as if it were stored, instead of the one with its id. Reads no links.
    """
    question = Question(stated_query(query))
    shown = f"“{printable(query)}”"
    with index.with_guest(guest) if guest else contextlib.nullcontext():
        if entries := exact_matches(question, index):
            return entries, question.looked_for, None
        if entries := _partial_matches(question, index):
            return entries, question.looked_for, f"no task has all of {shown}; these have part of it"
    # Where the lexicon knows every word, its synonyms have been searched already.
    if question.unknown and not CJK.search(query):
        from . import semantic

        for plan, position, score in semantic.near(query, index, model, progress, working, guest):
            if plan:
                entries.append(Entry(index.head(plan), index.task(plan, position), "semantic", round(score, 3)))
            elif guest:
                entries.append(Entry(guest, guest.tasks[position], "semantic", round(score, 3)))
    if entries:
        return (
            entries,
            question.looked_for,
            f"no plan at hand has the words of {shown}; these tasks are near in meaning",
        )
    return (
        [],
        question.looked_for,
        f"nothing found for {shown} in any plan at hand, nor for the field's other words for it",
    )


def matching_refs(plan: Plan, topic: str) -> frozenset[str]:
    """The tasks of one plan that match a topic: names as in Task.ref. Raises UsageError for an empty topic.

    The other plans at hand are searched too: whether a topic has exact matches must not depend on the plan.
    """

    def search(index: Index) -> frozenset[str]:
        warn_of_damaged(index, but=plan.id)
        is_stored = any(listed.id == plan.id and index.head(listed) == plan for listed in index.plans)
        entries = find(topic, index, guest=None if is_stored else plan)[0]
        return frozenset(entry.task.ref for entry in entries if entry.plan.id == plan.id)

    return with_index(search)


def stated_query(query: str) -> str:
    """The query with normalised white space. Raises UsageError where it is empty."""
    query = normalise(query)
    if not query:
        raise UsageError(
            "the query is empty", "give a topic, a name or a task, for example: plancmp history “trade secrets”"
        )
    return query


def warn_of_damaged(index: Index, but: str = "") -> None:
    """Warn of each damaged plan but one: it is left out, and its silence must not be taken for an answer."""
    for name, error in index.damaged.items():
        if name != but:
            catalogue.warn_skipped(name, error)


def exact_matches(question: Question, index: Index) -> list[Entry]:
    """The tasks with all concepts in one sentence, or else, where there are none, anywhere in the text."""
    concepts = [concept for concept, _ in question.concepts]
    found = _matching_entries(question, concepts, index, one_sentence=True)
    return found if found or len(concepts) < 2 else _matching_entries(question, concepts, index, one_sentence=False)


def _partial_matches(question: Question, index: Index) -> list[Entry]:
    """The tasks with all known concepts, where these are at least half of the query.

    Only where the plans have the other words too ("vaccine patents"): "dog training" is not about training.
    """
    known = [concept for concept, is_known in question.concepts if is_known]
    if not known or not question.unknown or sum(len(concept.stems) for concept in known) < len(question.unknown):
        return []
    # Chinese that no lexicon knows says nothing about English plans.
    if not all(CJK.match(stem) or index.has(stem) for stem in question.unknown):
        return []
    found = _matching_entries(question, known, index, one_sentence=True)
    return [replace(entry, match="semantic", score=round(entry.score / 2, 3)) for entry in found]


def _matching_entries(question: Question, concepts: Sequence[Concept], index: Index, one_sentence: bool) -> list[Entry]:
    if not concepts and not question.bodies:
        return []

    def possible(line: str) -> bool:
        return all(concept.possible(line) for concept in concepts)

    found = []
    for candidate in index.tasks_meeting(question.needs(concepts), possible):
        task, text = candidate.read()
        match = question.match(concepts, task, text, one_sentence)
        if match is not None:
            found.append(Entry(index.head(candidate.plan), task, "exact", *match))
    return found
