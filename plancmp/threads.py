"""The thread from plan to plan: the links between neighbouring plans, each pair compared once and kept in the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from . import compare, decisions, vectors
from .index import Index, Listed, Working
from .model import Status


@dataclass(frozen=True, slots=True)
class Thread:
    """What a history needs of a link between two plans: the fields of model.Link of the same name."""

    old: str
    new: str
    status: Status
    softened: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Links between two plans in order of the old and the new tasks, and the status of each new task that has none."""

    links: tuple[Thread, ...]
    unlinked: dict[str, Status]


class Threads:
    """The links between neighbouring plans: one plan and the next by date, and neighbours of the same series.

    older: for each plan its older neighbours by id. That of its series goes first: it promises at the same grain.
    """

    def __init__(
        self, index: Index, model: str | None, progress: vectors.Progress | None, working: Working | None
    ) -> None:
        self._index, self._model, self._progress, self._working = index, model, progress, working
        self._plans = {plan.id: plan for plan in index.plans}
        self._places = {plan.id: place for place, plan in enumerate(index.plans)}
        self._known = index.links_known(model or "")
        self._decisions = decisions.digests()
        self._read: dict[tuple[str, str], Pair] = {}
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
        missing = [(old, new) for new in plans for old in self.older[new] if not self._is_known(old, new)]
        for done, (old, new) in enumerate(missing):
            if self._working:
                self._working("comparing plans", done, len(missing))
            self.pair(old, new)
        if self._working and missing:
            self._working("comparing plans", len(missing), len(missing))

    def pair(self, old: str, new: str) -> Pair:
        """The links from `old` to `new`."""
        if (old, new) not in self._read:
            one, other = self._plans[old], self._plans[new]
            kept = self._index.links(one.number, other.number, self._model or "") if self._is_known(old, new) else None
            if kept is None:
                kept = self._compared(one, other)
            links = tuple(Thread(a, b, Status(status), soft, sure) for a, b, status, soft, sure in kept["links"])
            self._read[old, new] = Pair(links, {ref: Status(status) for ref, status in kept["unlinked"].items()})
        return self._read[old, new]

    def before(self, plan: str, refs: Collection[str]) -> dict[str, tuple[tuple[str, ...], Status | None]]:
        """For these tasks of a plan what they continue in its older neighbours, oldest first, and their status.

        The status is that against the older plan of its series, or else the plan before it; None without either.
        """
        pairs = {old: self.pair(old, plan) for old in self.older[plan]}
        linked: dict[str, dict[str, list[Thread]]] = {old: defaultdict(list) for old in pairs}
        for old, pair in pairs.items():
            for link in pair.links:
                linked[old][link.new].append(link)
        by_age = sorted(pairs, key=self._places.__getitem__)
        found = {}
        for ref in refs:
            continues = tuple(link.old for old in by_age for link in linked[old].get(ref, ()))
            statuses = [[link.status for link in linked[old].get(ref, ())] for old in pairs]
            mine = next(filter(None, statuses), [])
            unlinked = {pair.unlinked[ref] for pair in pairs.values() if ref in pair.unlinked}
            if mine:
                status: Status | None = Status.ESCALATED if Status.ESCALATED in mine else Status.CONTINUED
            else:
                status = Status.UNDETERMINED if Status.UNDETERMINED in unlinked else next(iter(unlinked), None)
            found[ref] = (continues, status)
        return found

    def among(self, refs: Collection[str], plans: Collection[str]) -> tuple[Thread, ...]:
        """The links between these tasks, which are of these plans, in order of the plans."""
        pairs = [(old, new) for new in self._plans if new in plans for old in self.older[new] if old in plans]
        return tuple(link for pair in pairs for link in self.pair(*pair).links if link.old in refs and link.new in refs)

    def along(self, seed: str, plan: str) -> dict[str, float]:
        """The tasks that this one continues, and that continue it, through all plans; 1 for itself, for the others the
        confidence of the weakest link on the way.

        Older tasks are followed to older ones only, newer to newer ones: what else a five-year plan's paragraph led to
        is not this task's history.
        """
        order = list(self._plans)
        place = self._places[plan]
        back, forth = {plan: {seed: 1.0}}, {plan: {seed: 1.0}}
        for new in reversed(order[: place + 1]):
            for old in self.older[new] if new in back else ():
                for link in self.pair(old, new).links:
                    if link.new in back[new]:
                        reached = back.setdefault(old, {})
                        reached[link.old] = max(reached.get(link.old, 0), min(back[new][link.new], link.confidence))
        for new in order[place + 1 :]:
            for old in self.older[new]:
                for link in self.pair(old, new).links if old in forth else ():
                    if link.old in forth[old]:
                        reached = forth.setdefault(new, {})
                        reached[link.new] = max(reached.get(link.new, 0), min(forth[old][link.old], link.confidence))
        return {ref: score for found in (*back.values(), *forth.values()) for ref, score in found.items()}

    def _is_known(self, old: str, new: str) -> bool:
        numbers = (self._plans[old].number, self._plans[new].number)
        return self._known.get(numbers) == self._decided(old, new)

    def _decided(self, old: str, new: str) -> str:
        return self._decisions.get(decisions.file_name(old, new), "")

    def _compared(self, old: Listed, new: Listed) -> dict:
        """Links and unlinked tasks as JSON values, worked out and kept."""
        plans = (self._index.whole(old), self._index.whole(new))
        decided = decisions.of_plans(*plans)
        also = decided.holding(*plans)[0]
        # As compare.diff, of which a history needs too little for the whole to be kept.
        result = compare.from_alignment(*plans, compare.aligned(*plans, self._model, self._progress, also), decided)
        made = {
            "links": [[link.old, link.new, link.status, link.softened, link.confidence] for link in result.links],
            "unlinked": {
                outcome.ref: outcome.status for outcome in result.tasks[len(plans[0].tasks) :] if not outcome.links
            },
        }
        self._index.keep_links(old.number, new.number, self._model or "", self._decided(old.id, new.id), made)
        return made
