"""The tasks of all plans that match a topic or name.

Tasks with all concepts of the query are looked for first, then those with the best part of them, then those near in
meaning; each tier is searched only where the one before has nothing.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Entry, Plan, Task
from ..plans import catalogue
from ..text import CJK, normalise, printable
from .allowance import Allowance
from .index import Index, IndexedTask, StageProgress, with_index
from .query import Concept, Query, Question

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress

# A part of a query counts where it carries this share of the query's weight: rare words weigh more. Of things that the
# query joins by a comma or "and", one alone may count.
_LEAST_PART, _LEAST_PART_OF_LIST = 0.6, 0.45
# A part that weighs nearly as much as the weightiest is shown too.
_NEAR_BEST = 0.8
# The weight of a word that no lexicon has, against that of a term of the field; a question has more words that only
# make it a sentence.
_UNKNOWN_WEIGHT, _UNKNOWN_WEIGHT_IN_QUESTION = 0.6, 0.35


@dataclass(frozen=True, slots=True)
class Scope:
    """The tasks to search. plans: their ids, or None for all. accepts: a further test, or None."""

    plans: frozenset[str] | None = None
    accepts: Callable[[Task], bool] | None = None

    def has_plan(self, plan_id: str) -> bool:
        return self.plans is None or plan_id in self.plans

    def has(self, plan_id: str, task: Task) -> bool:
        return self.has_plan(plan_id) and (self.accepts is None or self.accepts(task))


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Answer:
    """The matches of a query in order of the plans.

    looked_for: the lexicon's synonyms that were searched too. note: how the query was read, in words for the reader.
    corrections: each misspelt word, and the word searched instead. not_searched: plans that were searched by their words
    only, where likeness in meaning was asked for too.
    """

    entries: tuple[Entry, ...]
    looked_for: tuple[str, ...] = ()
    note: str | None = None
    corrections: tuple[tuple[str, str], ...] = ()
    not_searched: tuple[str, ...] = ()


def find(
    query: str,
    index: Index,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
    guest: Plan | None = None,
    scope: Scope = EVERYTHING,
    exact: bool = False,
    allowance: Allowance | None = None,
    always: str = "",
) -> Answer:
    """The tasks that match a topic or name.

    guest: a plan that is searched as if it were stored, instead of the one with its id. exact: words as they stand, with
    no other form, synonym, correction or likeness in meaning. allowance: how many vectors may be collected; all by
    default. always: the id of a plan whose vectors are collected in any case. Reads no links.
    """
    query = stated_query(query)
    with index.with_guest(guest) if guest else contextlib.nullcontext():
        parsed = Query(query, index, exact)
        looked_for = parsed.looked_for
        corrections = tuple((each.typed, each.searched) for each in parsed.corrections)
        full = [
            exact_matches(question, index, scope)
            + (_matching(question, [question.phrase], index, scope, one_sentence=True) if question.phrase else [])
            for question in parsed.alternatives
        ]
        entries = _merged(full, index)
        notes = [_correction_note(parsed)] if entries and corrections else []
        if entries:
            notes += [
                f"nothing found for {_shown(question.text)}"
                for question, found in zip(parsed.alternatives, full, strict=True)
                if not found
            ]
            return Answer(entries, looked_for, "; ".join(notes) or None, corrections)
        if not exact:
            parts = [_best_part(question, index, scope) for question in parsed.alternatives]
            if entries := _merged([found for found, _ in parts], index):
                words = ", ".join(dict.fromkeys(_shown(word) for _, texts in parts for word in texts))
                notes = [_correction_note(parsed)] if corrections else []
                notes.append(f"no task has all of {_shown(parsed.text)}; these have a part of it: {words}")
                return Answer(entries, looked_for, "; ".join(notes), corrections)
    left: tuple[str, ...] = ()
    # Where the lexicon knows the one thing that is asked for, its synonyms have been searched already.
    may_be_near = any(question.unknown or len(question.concepts) > 1 for question in parsed.alternatives)
    if may_be_near and not exact and not CJK.search(query) and re.search("[A-Za-z]{3}", query):
        from . import semantic

        subject = " ".join(question.subject for question in parsed.alternatives)
        near, not_searched = semantic.near(subject, index, model, progress, working, guest, allowance, always)
        entries = tuple(
            Entry(plan, task, "semantic", round(score, 3)) for plan, task, score in near if scope.has(plan.id, task)
        )
        left = tuple(plan.id for plan in not_searched if scope.has_plan(plan.id))
        if entries:
            note = f"no task has the words of {_shown(query)}; these are near in meaning"
            return Answer(entries, looked_for, note, corrections, left)
    others = [_shown(word) for word in dict.fromkeys((*(each.searched for each in parsed.corrections), *looked_for))]
    also = f", nor for {', '.join(others)}" if others else ""
    note = f"nothing found for {_shown(query)} in any plan searched{also}"
    return Answer((), looked_for, note, corrections, left)


def _shown(words: str) -> str:
    return f"“{printable(words).strip('“”')}”"


def _correction_note(parsed: Query) -> str:
    """What was searched instead of what was typed, and why."""
    misspelt = [each for each in parsed.corrections if not each.completed]
    parts = [
        f"{_shown(each.typed)} occurs only as a part of {_shown(each.searched)}"
        for each in parsed.corrections
        if each.completed
    ]
    if misspelt:
        typed = " and ".join(_shown(each.typed) for each in misspelt)
        occurs = "occurs" if len(misspelt) == 1 else "occur"
        parts.insert(0, f"showing results for {printable(parsed.text)}; exactly {typed} {occurs} nowhere")
    return "; ".join(parts)


def matching_entries(plan: Plan, topic: str) -> tuple[tuple[Entry, ...], str | None]:
    """The matches of a topic in one plan, and how the topic was read, in words for the reader.

    Raises UsageError for an empty topic.

    The other plans at hand are searched too: whether a topic has exact matches must not depend on the plan.
    """

    def search(index: Index) -> tuple[tuple[Entry, ...], str | None]:
        warn_of_damaged(index, but=plan.id)
        is_stored = any(listed.id == plan.id and index.head(listed) == plan for listed in index.plans)
        answer = find(topic, index, guest=None if is_stored else plan, allowance=Allowance(), always=plan.id)
        return tuple(entry for entry in answer.entries if entry.plan.id == plan.id), answer.note

    return with_index(search)


def matching_refs(plan: Plan, topic: str) -> tuple[frozenset[str], str | None]:
    """The names of the tasks of one plan that match a topic, and how it was read. Otherwise as `matching_entries`."""
    entries, note = matching_entries(plan, topic)
    return frozenset(entry.task.ref for entry in entries), note


def stated_query(query: str) -> str:
    """The query with normalised white space. Raises UsageError where it is empty."""
    query = normalise(printable(query))
    if not query:
        raise UsageError(
            "the query is empty", 'give a topic, a name or a task, for example: plancmp history "trade secrets"'
        )
    return query


def warn_of_damaged(index: Index, but: str = "") -> None:
    """Warn of each damaged plan but one: it is left out, and its silence must not be taken for an answer."""
    for name, error in index.damaged.items():
        if name != but:
            catalogue.warn_skipped(name, error)


# A match, before those of several alternatives are put in order, with its plan's number and its task's id.
Found = list[tuple[int, int, Entry]]


def exact_matches(question: Question, index: Index, scope: Scope = EVERYTHING) -> Found:
    """The tasks with all concepts in one sentence, or else, where there are none, anywhere in the text."""
    found = _matching(question, question.concepts, index, scope, one_sentence=True)
    if found or len(question.concepts) < 2:
        return found
    return _matching(question, question.concepts, index, scope, one_sentence=False)


def _best_part(question: Question, index: Index, scope: Scope) -> tuple[Found, list[str]]:
    """The tasks with the weightiest part of the concepts that any task has, and the words of that part.

    A concept weighs as much as it is rare. The part must have something that the lexicon knows, and where the plans lack
    a word of the query altogether, at least two words that it knows: "dog training" is not about training.
    """
    having: dict[int, set[int]] = defaultdict(set)
    candidates: dict[int, IndexedTask] = {}
    weights: dict[int, float] = {}
    most = index.task_count()
    unknown_weight = _UNKNOWN_WEIGHT_IN_QUESTION if question.is_question else _UNKNOWN_WEIGHT
    for number, concept in enumerate(question.concepts):
        tasks = list(index.tasks_meeting(question.needs([concept]), concept.possible))
        weights[number] = math.log(1 + most / max(len(tasks), 1)) * (1 if concept.known else unknown_weight)
        for task in tasks:
            if scope.has_plan(task.plan.id):
                having[task.id].add(number)
                candidates[task.id] = task
    present = set().union(*having.values())
    lacking = [
        number for number, concept in enumerate(question.concepts) if number not in present and not concept.known
    ]
    if lacking:
        if sum(len(question.concepts[number].stems) for number in present if question.concepts[number].known) < 2:
            return [], []
        weights = {number: weight for number, weight in weights.items() if number not in lacking}
    by_part: dict[frozenset[int], float] = {
        frozenset(part): sum(weights[number] for number in part)
        for part in having.values()
        if any(question.concepts[number].known for number in part)
    }
    least = _LEAST_PART_OF_LIST if question.is_list else _LEAST_PART
    if not by_part or max(by_part.values()) < least * sum(weights.values()):
        return [], []

    def known(part: frozenset[int]) -> int:
        return sum(question.concepts[number].known for number in part)

    best = max(by_part, key=lambda part: (by_part[part], known(part), sorted(part)))
    chosen = [
        part for part, weight in by_part.items() if weight >= _NEAR_BEST * by_part[best] and known(part) >= known(best)
    ]
    found: Found = []
    words: list[str] = []
    for part in sorted(chosen, key=sorted):
        concepts = [question.concepts[number] for number in sorted(part)]
        for one_sentence in (True, False):
            if matches := _matching(question, concepts, index, scope, one_sentence):
                found += [
                    (plan, task, replace(entry, match="partial", score=round(entry.score / 2, 3)))
                    for plan, task, entry in matches
                ]
                words += [concept.text for concept in concepts]
                break
    return found, words


def _matching(question: Question, concepts: Sequence[Concept], index: Index, scope: Scope, one_sentence: bool) -> Found:
    if not concepts and not question.bodies:
        return []

    def possible(line: str) -> bool:
        return all(concept.possible(line) for concept in concepts)

    found: Found = []
    for candidate in index.tasks_meeting(question.needs(concepts), possible):
        if not scope.has_plan(candidate.plan.id):
            continue
        task, text = candidate.read()
        match = question.match(concepts, task, text, one_sentence)
        if match is not None and scope.has(candidate.plan.id, task):
            kind = "exact" if match.own_words else "synonym"
            plan = index.head(candidate.plan)
            entry = Entry(plan, task, kind, match.score, match.words, spans=match.spans)
            found.append((candidate.plan.number, candidate.id, entry))
    return found


def _merged(alternatives: Iterable[Found], index: Index) -> tuple[Entry, ...]:
    """The matches of all alternatives in order of the plans; of a task that matches several, the words of all."""
    order = {plan.number: position for position, plan in enumerate(index.plans)}
    by_task: dict[tuple[int, int], Entry] = {}
    for found in alternatives:
        for number, task, entry in found:
            key = (order[number], task)
            other = by_task.get(key)
            if other:
                best = max(entry, other, key=lambda each: (each.match == "exact", each.score))
                words = tuple(dict.fromkeys((*other.words, *entry.words)))
                entry = replace(best, words=words, spans=tuple(sorted({*other.spans, *entry.spans})))
            by_task[key] = entry
    return tuple(by_task[key] for key in sorted(by_task))
