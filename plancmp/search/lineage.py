"""The thread from plan to plan: the links between neighbouring plans, each pair compared once and kept in the index."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import decision_files, pipeline
from ..model import Status
from ..plans import catalogue
from .index import Index, PlanEntry, Working

if TYPE_CHECKING:
    from ..embeddings.vectors import Progress


@dataclass(frozen=True, slots=True)
class LineageLink:
    """What a history needs of a link between two plans: the fields of model.Link of the same name."""

    old: str
    new: str
    status: Status
    softened: bool
    confidence: float
    doubtful: bool


# A link as it is kept: the fields of LineageLink. Most of what is kept is only looked through.
Row = tuple[str, str, str, bool, float, bool]


@dataclass(frozen=True, slots=True)
class NeighbourLinks:
    """Links between two plans in order of the old and the new tasks, and the status of each new task that has none."""

    links: list[Row]
    unlinked: dict[str, str]


class Lineage:
    """The links between neighbouring plans: one plan and the next by date, and neighbours of the same series.

    older: for each plan its older neighbours by id. That of its series goes first: it promises at the same grain.
    """

    def __init__(self, index: Index, model: str | None, progress: Progress | None, working: Working | None) -> None:
        self._index, self._model, self._progress, self._working = index, model, progress, working
        self._plans = {plan.id: plan for plan in index.plans}
        self._places = {plan.id: place for place, plan in enumerate(index.plans)}
        self._known = index.links_known(model or "")
        self._decisions = decision_files.digests()
        self._read: dict[tuple[str, str], NeighbourLinks] = {}
        self._done = self._most = 0
        self.older: dict[str, list[str]] = {}
        before: list[str] = []
        of_series: dict[str, str] = {}
        for plan in index.plans:
            series = [of_series[plan.series]] if plan.series in of_series else []
            self.older[plan.id] = list(dict.fromkeys(series + before))
            before = [plan.id]
            if plan.series:
                of_series[plan.series] = plan.id

    def fetch(self, plans: Iterable[str]) -> None:
        """Compare what of these plans and their older neighbours has not been compared, with word of how far it is."""
        missing = self._missing(plans)
        with self._telling(len(missing)):
            for pair in missing:
                self.pair(*pair)

    def _missing(self, plans: Iterable[str]) -> list[tuple[str, str]]:
        return [(old, new) for new in plans for old in self.older[new] if not self._is_known(old, new)]

    @contextlib.contextmanager
    def _telling(self, most: int) -> Iterator[None]:
        """Tell of each comparison made inside. most: how many there may be."""
        self._done, self._most = 0, most
        yield
        if self._working and self._done:
            self._working("comparing plans", most, most)

    def pair(self, old: str, new: str) -> NeighbourLinks:
        """The links from `old` to `new`."""
        if (old, new) not in self._read:
            one, other = self._plans[old], self._plans[new]
            kept = self._index.links(one.number, other.number, self._model or "") if self._is_known(old, new) else None
            if kept is None:
                if self._working and self._done < self._most:
                    self._working("comparing plans", self._done, self._most)
                self._done += 1
                kept = self._compared(one, other)
            self._read[old, new] = NeighbourLinks(kept["links"], kept["unlinked"])
        return self._read[old, new]

    def before(self, plan: str, refs: Collection[str]) -> dict[str, tuple[tuple[str, ...], Status | None]]:
        """For these tasks of a plan what they continue in its older neighbours, oldest first, and their status.

        The status is that against the older plan of its series, or else the plan before it; None without either.
        """
        pairs = {old: self.pair(old, plan) for old in self.older[plan]}
        linked: dict[str, dict[str, list[Row]]] = {old: defaultdict(list) for old in pairs}
        for old, pair in pairs.items():
            for row in pair.links:
                if row[1] in refs:
                    linked[old][row[1]].append(row)
        by_age = sorted(pairs, key=self._places.__getitem__)
        found = {}
        for ref in refs:
            continues = tuple(row[0] for old in by_age for row in linked[old][ref])
            mine = next(({row[2] for row in linked[old][ref]} for old in pairs if linked[old][ref]), set())
            unlinked = {pair.unlinked[ref] for pair in pairs.values() if ref in pair.unlinked}
            status: Status | None = None
            if mine:
                status = Status.ESCALATED if Status.ESCALATED in mine else Status.CONTINUED
            elif unlinked:
                status = Status.UNDETERMINED if Status.UNDETERMINED in unlinked else Status(unlinked.pop())
            found[ref] = (continues, status)
        return found

    def among(self, refs: Collection[str], plans: Collection[str]) -> tuple[LineageLink, ...]:
        """The links between these tasks, which are of these plans, in order of the plans."""
        pairs = [(old, new) for new in self._plans if new in plans for old in self.older[new] if old in plans]
        rows = (row for pair in pairs for row in self.pair(*pair).links if row[0] in refs and row[1] in refs)
        return tuple(
            LineageLink(old, new, Status(status), soft, sure, doubtful)
            for old, new, status, soft, sure, doubtful in rows
        )

    def along(self, seed: str, plan: str) -> dict[str, float]:
        """The tasks that this one continues, and that continue it, through all plans; 1 for itself, for the others the
        confidence of the weakest link on the way.

        Older tasks are followed to older ones only, newer to newer ones: what else a five-year plan's paragraph led to
        is not this task's history.
        """
        order = list(self._plans)
        place = self._places[plan]
        back, forth = {plan: {seed: 1.0}}, {plan: {seed: 1.0}}
        with self._telling(len(self._missing(order))):
            for new in reversed(order[: place + 1]):
                for older in self.older[new] if new in back else ():
                    for old, task, _, _, sure, _ in self.pair(older, new).links:
                        if task in back[new]:
                            reached = back.setdefault(older, {})
                            reached[old] = max(reached.get(old, 0), min(back[new][task], sure))
            for new in order[place + 1 :]:
                for older in self.older[new]:
                    for old, task, _, _, sure, _ in self.pair(older, new).links if older in forth else ():
                        if old in forth[older]:
                            reached = forth.setdefault(new, {})
                            reached[task] = max(reached.get(task, 0), min(forth[older][old], sure))
        return {ref: score for found in (*back.values(), *forth.values()) for ref, score in found.items()}

    def _is_known(self, old: str, new: str) -> bool:
        numbers = (self._plans[old].number, self._plans[new].number)
        return self._known.get(numbers) == self._decided(old, new)

    def _decided(self, old: str, new: str) -> str:
        return self._decisions.get(decision_files.file_name(old, new), "")

    def _compared(self, old: PlanEntry, new: PlanEntry) -> dict:
        """Links and unlinked tasks as JSON values, worked out and kept."""

        plans = (catalogue.stored(old.id), catalogue.stored(new.id))
        decided = decision_files.load(*plans)
        # As pipeline.diff, of which a history needs too little for the whole to be kept.
        result = pipeline.compute(*plans, decided, self._model, self._progress)
        made = {
            "links": [
                [link.old, link.new, link.status, link.softened, link.confidence, link.doubtful]
                for link in result.links
            ],
            "unlinked": {
                outcome.ref: outcome.status for outcome in result.tasks[len(plans[0].tasks) :] if not outcome.links
            },
        }
        self._index.keep_links(old.number, new.number, self._model or "", self._decided(old.id, new.id), made)
        return made
