"""The tasks of all plans that match a topic, a name or a task, and the links between them from plan to plan.

A query is answered from the index: tasks with all its concepts, else those with part of it, else those near in meaning.
The links are those that pipeline.diff finds between neighbouring plans.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..commitments import references, splitter
from ..errors import UsageError
from ..model import Ancestor, Entry, Plan, Status, Task
from ..plans import catalogue
from ..search.index import Index, StageProgress, with_index
from ..search.lineage import Lineage, LineageLink
from ..search.topics import Answer, Scope, find, stated_query, warn_of_damaged
from ..text import printable

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress
    from ..outcomes.decision_files import Given


@dataclass(frozen=True, slots=True)
class Within:
    """Which tasks to search; every field narrows, an empty one does not.

    plans: names of plans. body: any name or id of a body. section: a number or words of a heading. since: a year, month or
    day (`2021-10-28`), on or after which a plan was issued.
    """

    plans: tuple[str, ...] = ()
    body: str = ""
    section: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """The matches of a query in all plans.

    entries: oldest plan first and in document order (`history`), or best first (`search`).
    plans_cut: plans whose text is incomplete, so that the lack of a match proves nothing. links: between entries only.
    looked_for: the lexicon's synonyms that were searched too. note: a remark for the reader on how the query was matched.
    corrections: each misspelt word, and the word searched instead. total: how many tasks match, of which `entries` may be
    the best. followed: the task whose links are followed, where the query names one. plans: those searched, oldest first; their tasks are read on first use.
    """

    query: str
    entries: tuple[Entry, ...]
    plans_searched: tuple[str, ...]
    plans_without_match: tuple[str, ...]
    plans_cut: tuple[str, ...] = ()
    links: tuple[LineageLink, ...] = ()
    note: str | None = None
    looked_for: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    total: int = 0
    followed: str | None = None
    plans: tuple[Plan, ...] = field(default=(), repr=False)
    schema: str = "plancmp.history/1"

    def to_dict(self) -> dict[str, Any]:
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
            "corrections": dict(self.corrections),
            "total": self.total,
            "note": self.note,
        }


def match_in_words(entry: Entry) -> str:
    """How an entry matches, in words for a reader."""
    words = ", ".join(f"“{printable(word)}”" for word in list(dict.fromkeys(map(str.casefold, entry.words)))[:4])
    if entry.match == "synonym":
        return f"synonym: {words}"
    if entry.match == "partial":
        return f"a part of the query: {words}"
    return "exact" if entry.match == "exact" else f"near in meaning ({entry.score:.2f})"


def _entry_dict(entry: Entry) -> dict[str, Any]:
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
        "spans": [list(span) for span in entry.spans],
        "matched": list(entry.matched),
        "matched_status": list(entry.matched_status),
        "ancestors": [asdict(ancestor) for ancestor in entry.ancestors],
        "continued_by": list(entry.continued_by),
        "ends": None if not entry.ends else "undetermined" if entry.ends_unknown else "ended",
        **serialization.edition_dict(entry.task),
    }


def history(
    query: str,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
    *,
    within: Within = Within(),
    exact: bool = False,
    decisions: Given | None = None,
) -> History:
    """Where a topic, name or task (`2021:37`) stands in every plan at hand, oldest plan first.

    model: a sentence-transformers name or path for matches in meaning and links, or None for the default.
    progress, working: called with the progress of embedding, and of reading and comparing plans.
    within: the tasks to search. exact: words as they stand, without other forms, synonyms and corrections.
    decisions: a reviewer's on the links; one's own by default.
    Raises UsageError for an empty query, for a task that a plan does not have, and for a restriction that no task meets.
    A damaged plan is left out with a warning.
    """
    query = stated_query(query)

    def answer(index: Index) -> History:
        warn_of_damaged(index)
        scope = _scope(within, index)
        lineage = Lineage(index, model, progress, working, decisions)
        if (seed := _named_task(query)) is not None:
            entries = [entry for entry in _follow(seed, index, lineage) if scope.has(entry.plan.id, entry.task)]
            found = Answer(tuple(entries))
            return _assemble(query, index, lineage, scope, found, entries, followed=seed[1].ref)
        found = find(query, index, model, progress, working, scope=scope, exact=exact)
        return _assemble(query, index, lineage, scope, found, found.entries)

    return with_index(answer, working)


def search(
    query: str,
    limit: int | None = 20,
    model: str | None = None,
    progress: Progress | None = None,
    working: StageProgress | None = None,
    *,
    within: Within = Within(),
    exact: bool = False,
    decisions: Given | None = None,
) -> History:
    """The tasks of all plans at hand that match a query, best first, at most `limit`. Otherwise as `history`."""
    query = stated_query(query)

    def answer(index: Index) -> History:
        warn_of_damaged(index)
        scope = _scope(within, index)
        found = find(query, index, model, progress, working, scope=scope, exact=exact)
        best = sorted(found.entries, key=lambda entry: -entry.score)[:limit]
        lineage = Lineage(index, model, progress, working, decisions)
        result = _assemble(query, index, lineage, scope, found, best, with_successors=False)
        return replace(result, schema="plancmp.search/1")

    return with_index(answer, working)


def _scope(within: Within, index: Index) -> Scope:
    """The tasks that a restriction leaves. Raises UsageError where it names what no plan has."""
    if within == Within():
        return Scope()
    from . import selection

    since = _date(within.since)
    ids = set()
    for name in within.plans:
        named = catalogue.resolve(name)
        if named.plan_id is None:
            raise UsageError(
                f"{printable(name)} is no stored plan", "store it with plancmp add, or name one of plancmp plans"
            )
        ids.add(named.plan_id)
    plans = [plan for plan in index.plans if plan.id in (ids or {plan.id for plan in index.plans})]
    heads = [head for plan in plans if (head := index.head(plan)).issued >= since]
    if not heads:
        last = max((index.head(plan).issued for plan in plans), default="")
        raise UsageError(f"no plan to search is of {printable(within.since)} or later", f"the last is of {last}")
    tests: list[Callable[[Task], bool]] = []
    if within.section:
        selection.require_section(heads, within.section)
        tests.append(lambda task: selection.in_section(task.section, within.section))
    if within.body:
        bodies = selection.body_ids(within.body, heads)
        tests.append(lambda task: selection.has_body(task, bodies))
    return Scope(frozenset(head.id for head in heads), lambda task: all(test(task) for test in tests))


def _date(since: str) -> str:
    """The start of a date, which dates of issue are compared with. Raises UsageError where it is none."""
    if since and not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", since):
        raise UsageError(f"“{printable(since)}” is no date", "give a year or a day: 2021, 2021-10 or 2021-10-28")
    return since


def _assemble(
    query: str,
    index: Index,
    lineage: Lineage,
    scope: Scope,
    found: Answer,
    shown: Sequence[Entry],
    followed: str | None = None,
    with_successors: bool = True,
) -> History:
    """A history of the entries shown, of all that were found, with what they continue and what continues them."""
    refs_by_plan: dict[str, set[str]] = {}
    for entry in shown:
        refs_by_plan.setdefault(entry.plan.id, set()).add(entry.task.ref)
    lineage.compare_missing(refs_by_plan, newer=with_successors)
    ancestry = {
        ref: ancestors for plan, refs in refs_by_plan.items() for ref, ancestors in lineage.ancestry(plan, refs).items()
    }
    entries = [_with_ancestors(_with_commitments(entry), lineage, ancestry[entry.task.ref]) for entry in shown]
    if with_successors:
        cut = {plan.id for plan in index.plans if plan.cut}
        successors = {
            ref: newer for plan, refs in refs_by_plan.items() for ref, newer in lineage.successors(plan, refs).items()
        }
        newer = {plan: tuple(lineage.newer(plan)) for plan in refs_by_plan}
        entries = [_with_successors(entry, successors[entry.task.ref], newer[entry.plan.id], cut) for entry in entries]
    searched = [plan for plan in index.plans if scope.has_plan(plan.id)]
    matching = {entry.plan.id for entry in found.entries}
    return History(
        query=query,
        entries=tuple(entries),
        plans_searched=tuple(plan.id for plan in searched),
        plans_without_match=tuple(plan.id for plan in searched if plan.id not in matching),
        plans_cut=tuple(plan.id for plan in searched if plan.cut),
        links=lineage.links_among(ancestry.keys(), refs_by_plan),
        note=found.note,
        looked_for=found.looked_for,
        corrections=found.corrections,
        total=len(found.entries),
        followed=followed,
        plans=tuple(map(index.head, searched)),
    )


def _with_commitments(entry: Entry) -> Entry:
    """The entry with the names of the commitments in which the matched words stand."""
    if entry.matched or not entry.spans:
        return entry
    # Spans are places in the full text, which may begin with the title.
    shift = len(entry.task.full_text) - len(entry.task.text)
    matched = tuple(
        references.name_of(entry.task.ref, index)
        for index, commitment in enumerate(splitter.split_task(entry.task))
        if any(start - shift < commitment.span[1] and commitment.span[0] < end - shift for start, end in entry.spans)
    )
    return replace(entry, matched=matched)


def _with_ancestors(entry: Entry, lineage: Lineage, of_task: tuple[tuple[Ancestor, ...], Status | None]) -> Entry:
    """The entry with the status of its task, and with what its matched commitments, or else its task, continue."""
    ancestors, status = of_task
    continues = tuple(ancestor.ref for ancestor in ancestors)
    statuses: tuple[Status | None, ...] = ()
    if entry.matched:
        own = lineage.ancestry(entry.plan.id, entry.matched, of_commitments=True)
        ancestors = tuple(replace(ancestor, of=ref) for ref in entry.matched for ancestor in own[ref][0])
        statuses = tuple(own[ref][1] for ref in entry.matched)
    return replace(entry, continues=continues, ancestors=ancestors, status=status, matched_status=statuses)


def _with_successors(entry: Entry, continued_by: tuple[str, ...], newer: tuple[str, ...], cut: set[str]) -> Entry:
    ends = () if continued_by else newer
    return replace(entry, continued_by=continued_by, ends=ends, ends_unknown=not cut.isdisjoint(ends))


_TASK = re.compile(r"([\w.-]+):([\w.:]+(?:\([a-z]+\))?)")


def _named_task(query: str) -> tuple[Plan, Task, int | None] | None:
    """The task or commitment that the query names (`2021:37`, `2021:1e`); None where it is a topic.

    Raises UsageError for a number that a plan lacks.
    """
    match = _TASK.fullmatch(query)
    if match is None:
        return None
    try:
        catalogue.resolve(match[1])
    except UsageError:
        return None
    return references.find(query)


def _follow(seed: tuple[Plan, Task, int | None], index: Index, lineage: Lineage) -> list[Entry]:
    """The task or commitment, what it continues in older plans and what continues it in newer ones."""
    plan, task, inside = seed
    if inside is None:
        score = lineage.trace(task.ref, plan.id)
        named: dict[str, tuple[str, ...]] = {}
    else:
        seed_ref = references.name_of(task.ref, inside)
        by_commitment = lineage.trace(seed_ref, plan.id, of_commitments=True)
        score, named = {}, {}
        for ref, confidence in by_commitment.items():
            of_task = references.split_name(ref)[0]
            score[of_task] = max(score.get(of_task, 0.0), confidence)
            named[of_task] = (*named.get(of_task, ()), ref)
    return [
        Entry(
            index.head(found),
            each,
            "exact" if each.ref == task.ref else "semantic",
            round(score[each.ref], 3),
            matched=tuple(sorted(named.get(each.ref, ()), key=lambda ref: (len(ref), ref))),
        )
        for found, each in index.tasks_named(score)
    ]
