"""The most telling changes of a result, chosen once for the terminal and for briefings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..commitments import objects
from ..model import Counterpart, Fate, Status
from ..outcomes import caveats, signals
from ..outcomes.result import PlanDiff

# From this confidence on a commitment without a counterpart may be named as such; how often that is right on plans left
# out of learning stands in docs/accuracy.md.
_SAFE_NAMED, _SAFE = 0.75, 0.80


@dataclass(frozen=True, slots=True)
class Telling:
    """One of the most telling changes.

    state: escalated, softened, dropped or new. subject: what it is about, in a few words. reason: why, in plain words; ""
    for dropped and new. fates: the commitments, of one task; counterpart: that of the first, where it has one.
    """

    state: str
    subject: str
    reason: str
    fates: tuple[Fate, ...]
    counterpart: Counterpart | None = None


def most_telling(result: PlanDiff, most: int = 12) -> tuple[Telling, ...]:
    """At most `most` changes, each kind having its share: laws and named campaigns before methods of work, stage before
    wording, certain before doubtful, dropped and new ones of weight among them.

    Dropped and new ones are those that are safe to name; of plans of different kinds, which say things at different grain,
    none are.
    """
    old, new = result.old_commitments, result.new_commitments
    changed = {
        state: sorted((fate for fate in old if fate.state == state and fate.counterparts[0].signals), key=_change_rank)
        for state in ("escalated", "softened")
    }
    shares = {"escalated": most * 4 // 12, "softened": most * 2 // 12}
    found = [
        Telling(
            state,
            fate.subject,
            fate.counterparts[0].signals[0].note,
            (fate,),
            fate.counterparts[0],
        )
        for state, fates in changed.items()
        for fate in _of_different_tasks(fates)[: shares[state]]
    ]
    if not caveats.different_kinds(result.old, result.new):
        found += _grouped("dropped", [fate for fate in old if fate.note is None], most * 3 // 12)
        found += _grouped("new", new, most * 3 // 12)
    return tuple(found)


def is_safe(fate: Fate) -> bool:
    """True for a dropped or new commitment that is far from everything in the other plan.

    A law, a document or a campaign is known by its name; what is no name may be said again in other words, and has to be
    farther away.
    """
    alone = fate.status in (Status.DROPPED, Status.NEW) and not fate.doubtful
    return alone and fate.confidence >= (_SAFE_NAMED if fate.named else _SAFE)


def safest(fates: Iterable[Fate]) -> list[Fate]:
    """Those that are safe to name as dropped or new, in their order: the named ones, or all where none has a name."""
    safe = [fate for fate in fates if is_safe(fate)]
    return [fate for fate in safe if fate.named] or safe


def _change_rank(fate: Fate) -> tuple[bool, int, bool, bool, bool, float]:
    best = fate.counterparts[0]
    return (
        fate.doubtful,
        # CODEBOOK "Balance": the higher kind of signal decides.
        -signals.ORDER[best.signals[0].kind],
        not objects.parse(fate.text).is_legal,
        not fate.named,
        fate.unclear,
        -fate.confidence,
    )


def _of_different_tasks(fates: Iterable[Fate]) -> list[Fate]:
    """The first of each task."""
    seen: dict[str, Fate] = {}
    for fate in fates:
        seen.setdefault(fate.task, fate)
    return list(seen.values())


def _grouped(state: str, fates: Sequence[Fate], share: int) -> list[Telling]:
    """The tasks that lose or gain most of weight, each with its commitments of weight."""
    by_task: dict[str, list[Fate]] = {}
    for fate in fates:
        if fate.named and is_safe(fate):
            by_task.setdefault(fate.task, []).append(fate)
    ranked = sorted(by_task.values(), key=lambda group: -len(group))[:share]
    return [Telling(state, "; ".join(fate.subject for fate in group), "", tuple(group)) for group in ranked]
