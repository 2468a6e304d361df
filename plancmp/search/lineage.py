"""Links between neighbouring plans: each pair of plans is compared once and its links are stored in the index."""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import pipeline
from ..model import Ancestor, Status
from ..outcomes import decision_files
from ..plans import catalogue
from .allowance import Allowance
from .index import Index, PlanEntry, StageProgress

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


@dataclass(frozen=True, slots=True)
class LineageLink:
    """The fields of model.Link that a history uses."""

    old: str
    new: str
    status: Status
    softened: bool
    confidence: float
    doubtful: bool
    decided_by: str = "model"


# A stored link: the fields of LineageLink as a plain tuple, since most stored links are only filtered.
LinkRow = tuple[str, str, str, bool, float, bool, str]


@dataclass(frozen=True, slots=True)
class NeighbourLinks:
    """Links between two plans in order of the old and the new tasks, and the status of each new task that has none.

    pairings, alone: the same of commitments.
    """

    links: list[LinkRow]
    unlinked: dict[str, str]
    pairings: list[LinkRow]
    alone: dict[str, str]


class Lineage:
    """The links between neighbouring plans: one plan and the next by date, and neighbours of the same series.

    older: for each plan its older neighbours by id. That of its series goes first: it promises at the same grain.
    allowance: how much may be compared; all by default. What it does not allow stands in `pending`: these pairs count as if
    they had no links. decisions: a reviewer's; one's own by default. Raises UsageError for decisions on plans that are
    no neighbours.
    """

    def __init__(
        self,
        index: Index,
        model: str | None,
        progress: Progress | None,
        working: StageProgress | None,
        decisions: decision_files.Given | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._index, self._model, self._progress, self._working = index, model, progress, working
        self._plans = {plan.id: plan for plan in index.plans}
        self._positions = {plan.id: position for position, plan in enumerate(index.plans)}
        self._known = index.compared_pairs(model or "")
        self._given = decisions or decision_files.Given()
        self._own_decisions = decision_files.digests()
        self._allowance = allowance or Allowance(unlimited=True)
        self._allowed: dict[tuple[str, str], bool] = {}
        self.pending: set[tuple[str, str]] = set()
        self._pairs: dict[tuple[str, str], NeighbourLinks] = {}
        self._done = self._total = 0
        self.older: dict[str, list[str]] = {}
        previous: list[str] = []
        of_series: dict[str, str] = {}
        for plan in index.plans:
            series = [of_series[plan.series]] if plan.series in of_series else []
            self.older[plan.id] = list(dict.fromkeys(series + previous))
            previous = [plan.id]
            if plan.series:
                of_series[plan.series] = plan.id
        self._newer: dict[str, list[str]] = {plan: [] for plan in self._plans}
        for new, before in self.older.items():
            for old in before:
                self._newer[old].append(new)
        self._given.require(*((old, new) for new, before in self.older.items() for old in before))

    def compare_missing(self, plans: Collection[str], newer: bool = False) -> None:
        """Compare these plans, as far as is allowed and in this order, with their older neighbours where no links are stored,
        and report progress.

        newer: with their newer neighbours too.
        """
        pairs = {
            pair: None
            for plan in plans
            for pair in (
                *((old, plan) for old in self.older[plan]),
                *((plan, new) for new in (self._newer[plan] if newer else ())),
            )
        }
        missing = [pair for pair in pairs if not self._is_compared(*pair) and self._allows(*pair)]
        with self._reporting(len(missing)):
            for pair in missing:
                self.links_between(*pair)

    def _missing(self, plans: Iterable[str]) -> list[tuple[str, str]]:
        return [(old, new) for new in plans for old in self.older[new] if not self._is_compared(old, new)]

    @contextlib.contextmanager
    def _reporting(self, total: int) -> Iterator[None]:
        """Report each comparison made inside the context. total: the most there may be."""
        self._done, self._total = 0, total
        yield
        if self._working and self._done:
            self._working("comparing plans", total, total)

    def links_between(self, old: str, new: str) -> NeighbourLinks:
        """The links from `old` to `new`; none where the two are pending."""
        if (old, new) not in self._pairs:
            one, other = self._plans[old], self._plans[new]
            stored = (
                self._index.links(one.number, other.number, self._model or "") if self._is_compared(old, new) else None
            )
            if stored is None and self._allows(old, new):
                if self._working and self._done < self._total:
                    self._working("comparing plans", self._done, self._total)
                self._done += 1
                stored = self._allowance.embedding(lambda progress: self._compare(one, other, progress), self._progress)
            if stored is None:
                self.pending.add((old, new))
                stored = {"links": [], "unlinked": {}, "pairings": [], "alone": {}}
            self._pairs[old, new] = NeighbourLinks(
                stored["links"], stored["unlinked"], stored["pairings"], stored["alone"]
            )
        return self._pairs[old, new]

    def ancestry(
        self, plan: str, refs: Collection[str], of_commitments: bool = False
    ) -> dict[str, tuple[tuple[Ancestor, ...], Status | None]]:
        """For these tasks, or commitments, of a plan what they continue in its older neighbours, oldest first, and their
        status.

        The status is that against the older plan of its series, or else the plan before it; None without either, and where
        the links to one are pending.
        """
        pairs = {old: self.links_between(old, plan) for old in self.older[plan]}
        rows_of: dict[str, dict[str, list[LinkRow]]] = {old: defaultdict(list) for old in pairs}
        for old, found in pairs.items():
            for row in found.pairings if of_commitments else found.links:
                if row[1] in refs:
                    rows_of[old][row[1]].append(row)
        unknown = any((old, plan) in self.pending for old in pairs)
        by_age = sorted(pairs, key=self._positions.__getitem__)
        ancestors = {}
        for ref in refs:
            rows = [row for old in by_age for row in rows_of[old][ref]]
            statuses = next(({row[2] for row in rows_of[old][ref]} for old in pairs if rows_of[old][ref]), set())
            without = [links.alone if of_commitments else links.unlinked for links in pairs.values()]
            unlinked = {statuses_of[ref] for statuses_of in without if ref in statuses_of}
            status: Status | None = None
            if unknown:
                pass
            elif statuses:
                status = Status.ESCALATED if Status.ESCALATED in statuses else Status.CONTINUED
            elif unlinked:
                status = Status.UNDETERMINED if Status.UNDETERMINED in unlinked else Status(unlinked.pop())
            ancestors[ref] = (tuple(Ancestor(row[0], Status(row[2]), *row[3:]) for row in rows), status)
        return ancestors

    def newer(self, plan: str) -> list[str]:
        """The plans of which this one is an older neighbour, oldest first; none where the links to one are pending."""
        newer = self._newer[plan]
        return [] if any((plan, new) in self.pending for new in newer) else newer

    def successors(self, plan: str, refs: Collection[str]) -> dict[str, tuple[str, ...]]:
        """For each of these tasks of a plan the tasks that continue it in newer neighbours, oldest first."""
        rows = [row for new in self._newer[plan] for row in self.links_between(plan, new).links]
        return {ref: tuple(dict.fromkeys(row[1] for row in rows if row[0] == ref)) for ref in refs}

    def links_among(self, refs: Collection[str], plans: Collection[str]) -> tuple[LineageLink, ...]:
        """The links between these tasks, which are of these plans, in order of the plans."""
        pairs = [(old, new) for new in self._plans if new in plans for old in self.older[new] if old in plans]
        rows = (row for pair in pairs for row in self.links_between(*pair).links if row[0] in refs and row[1] in refs)
        return tuple(
            LineageLink(old, new, Status(status), softened, confidence, doubtful, decided_by)
            for old, new, status, softened, confidence, doubtful, decided_by in rows
        )

    def trace(self, seed: str, plan: str, of_commitments: bool = False) -> dict[str, float]:
        """The tasks, or commitments, that this one continues, and that continue it, through all plans; 1 for itself, for
        the others the confidence of the weakest link on the way.

        Older tasks are followed to older ones only, newer to newer ones: what else a five-year plan's paragraph led to
        is not this task's history.
        """
        order = list(self._plans)
        position = self._positions[plan]
        back, forth = {plan: {seed: 1.0}}, {plan: {seed: 1.0}}

        def rows(older: str, newer: str) -> list[LinkRow]:
            found = self.links_between(older, newer)
            return found.pairings if of_commitments else found.links

        with self._reporting(len(self._missing(order))):
            for new in reversed(order[: position + 1]):
                for older in self.older[new] if new in back else ():
                    for old, task, _, _, confidence, *_ in rows(older, new):
                        if task in back[new]:
                            reached = back.setdefault(older, {})
                            reached[old] = max(reached.get(old, 0), min(back[new][task], confidence))
            for new in order[position + 1 :]:
                for older in self.older[new]:
                    for old, task, _, _, confidence, *_ in rows(older, new) if older in forth else ():
                        if old in forth[older]:
                            reached = forth.setdefault(new, {})
                            reached[task] = max(reached.get(task, 0), min(forth[older][old], confidence))
        return {ref: score for found in (*back.values(), *forth.values()) for ref, score in found.items()}

    def _allows(self, old: str, new: str) -> bool:
        """True where these two may be compared, whose links are not stored."""
        if (old, new) not in self._allowed:
            self._allowed[old, new] = self._allowance.takes(self._plans[old].count + self._plans[new].count)
        return self._allowed[old, new]

    def _is_compared(self, old: str, new: str) -> bool:
        numbers = (self._plans[old].number, self._plans[new].number)
        return self._known.get(numbers) == self._decisions_digest(old, new)

    def _decisions_digest(self, old: str, new: str) -> str:
        """Stands for the decisions on two plans, and for whether they teach."""
        given = self._given.by_plans.get((old, new))
        digest = (
            hashlib.sha256(repr(given).encode()).hexdigest()
            if given
            else self._own_decisions.get(decision_files.file_name(old, new), "")
        )
        return digest if self._given.teaching or not digest else f"{digest} no teaching"

    def _compare(self, old: PlanEntry, new: PlanEntry, progress: Progress | None) -> dict[str, Any]:
        """The links and unlinked tasks of two plans as JSON values, computed and stored."""
        plans = (catalogue.stored(old.id), catalogue.stored(new.id))
        decided = self._given.on(*plans)
        # Not pipeline.diff: a history needs too little of its result for the whole to be cached.
        result = pipeline.compute(*plans, decided, self._model, progress)
        made = {
            "links": [
                [link.old, link.new, link.status, link.softened, link.confidence, link.doubtful, link.decided_by]
                for link in result.links
            ],
            "unlinked": {
                outcome.ref: outcome.status for outcome in result.tasks[len(plans[0].tasks) :] if not outcome.links
            },
            "pairings": [
                [fate.ref, c.ref, c.status, c.softened, c.confidence, c.doubtful, c.decided_by]
                for fate in result.old_commitments
                for c in fate.counterparts
            ],
            "alone": {fate.ref: fate.status for fate in result.new_commitments if not fate.counterparts},
        }
        self._index.store_links(old.number, new.number, self._model or "", self._decisions_digest(old.id, new.id), made)
        return made
