"""Going through doubtful links with a reviewer: what is worth a look, what was typed, what is kept.

Drawing is the caller's: a Session shows a candidate by the function it is given.
"""

from __future__ import annotations

import contextlib
import getpass
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from .. import decision_files, pipeline
from ..embeddings import vectors
from ..errors import UsageError
from ..linkage.match_model import Alignment
from ..model import Decision, Decisions, Link, Plan, Status, Task
from ..outcomes import decisions
from ..plans import catalogue
from ..settings import SETTINGS
from ..text import normalise, printable

VERDICTS: dict[str, tuple[Status | None, bool]] = {
    "escalated": (Status.ESCALATED, False),
    "continued": (Status.CONTINUED, False),
    "softened": (Status.CONTINUED, True),
    "none": (None, False),
}
_STATUS_KEYS = {"e": "escalated", "c": "continued", "w": "softened"}
_KEYS = "[a]ccept  [r]eject  [s]et status  [n]ote  s[k]ip  [u]ndo  [q]uit: "


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A pair of tasks that a person should judge.

    link: as the model has it, or as it would be if accepted. linked: whether the model links the two.
    stood: the decision on other words that the file holds, if any.
    """

    old: Task
    new: Task
    link: Link
    linked: bool
    stood: Decision | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.old.number, self.new.number

    @property
    def why(self) -> str:
        """Why it is asked, in words."""
        if self.stood is not None:
            note = f" (“{printable(self.stood.note)}”)" if self.stood.note else ""
            return f"decided as {self.stood.outcome}{note} before the text changed"
        return "doubtful link" if self.linked else "near miss, not linked"


def candidates(old: Plan, new: Plan, alignment: Alignment, known: Decisions) -> list[ReviewItem]:
    """Pairs without a decision that holds: first those whose text has changed since, then doubtful links and near
    misses, the ones closest to the threshold first."""
    holding, _ = decisions.applicable(known, old, new)
    rows, columns = ({task.number: place for place, task in enumerate(plan.tasks)} for plan in (old, new))
    stale = {
        (rows[decision.old], columns[decision.new]): decision
        for decision in known.entries
        if decision.old in rows and decision.new in columns and decision not in holding.values()
    }
    close = (alignment.confidence >= SETTINGS.near) & (alignment.confidence < SETTINGS.sure)
    near = zip(alignment.tasks.rows[close].tolist(), alignment.tasks.columns[close].tolist(), strict=True)
    asked = (set(near) | stale.keys()) - holding.keys()
    # The links that would come are judged as if they stood; those that stand, as `diff` shows them.
    would_be = replace(alignment, links=sorted({*alignment.links, *asked}))
    links = {(link.old, link.new): link for link in pipeline.judge(old, new, would_be, known).links}
    links |= {(link.old, link.new): link for link in pipeline.judge(old, new, alignment, known).links}
    linked = set(alignment.links)
    order = sorted(
        asked, key=lambda place: (place not in stale, abs(alignment.confidence_of(*place) - SETTINGS.threshold), place)
    )
    found = []
    for i, j in order:
        first, second = old.tasks[i], new.tasks[j]
        link = links[first.ref, second.ref]
        found.append(ReviewItem(first, second, link, (i, j) in linked, stale.get((i, j))))
    return found


class Keyboard:
    """What the reviewer types: single keys on a terminal, whole lines elsewhere. EOFError at the end of the input."""

    def __init__(self) -> None:
        self._ahead = ""

    def key(self, prompt: str) -> str:
        """The next key, or the next line that is not empty."""
        if not sys.stdin.isatty():
            while not (line := self.line(prompt).strip()):
                pass
            return line.casefold()
        click.echo(prompt, err=True, nl=False)
        if not self._ahead:
            try:
                self._ahead = click.getchar()
            except OSError:
                raise EOFError from None
        # Several keys typed at once arrive together; those of an arrow key or the like are one.
        together = len(self._ahead) if self._ahead.startswith(("\x1b", "\xe0", "\x00")) else 1
        key, self._ahead = self._ahead[:together], self._ahead[together:]
        if key in ("\x03", "\x04"):
            raise KeyboardInterrupt if key == "\x03" else EOFError
        click.echo(key if key.isprintable() else "", err=True)
        return key.casefold()

    def line(self, prompt: str) -> str:
        """A line of text."""
        click.echo(prompt, err=True, nl=False)
        ahead, end, rest = re.fullmatch(r"([^\r\n]*)([\r\n]?)(.*)", self._ahead, re.DOTALL).groups()  # type: ignore[union-attr]
        self._ahead = rest
        if end:
            return ahead
        if not (read := sys.stdin.readline()):
            raise EOFError
        return ahead + read.rstrip("\r\n")


@dataclass(slots=True)
class Session:
    """One sitting: every key that decides is kept at once, so that it may end at any time.

    show: draws a candidate, given its place in the queue and the queue's length. decided: how many decisions were kept.
    """

    old: Plan
    new: Plan
    path: Path
    queue: Sequence[ReviewItem]
    show: Callable[[ReviewItem, int, int], None]
    who: str = ""
    decided: int = 0

    def run(self, typed: Keyboard) -> None:
        """Ask until the queue is through or the reviewer quits. Raises EOFError where the input ends before."""
        place, shown, note = 0, -1, ""
        while place < len(self.queue):
            candidate = self.queue[place]
            if shown != place:
                self.show(candidate, place + 1, len(self.queue))
                shown, note = place, ""
            key = typed.key(_KEYS)
            verdict: tuple[Status | None, bool] | None = None
            if key == "q":
                return
            elif key == "n":
                note = typed.line("note: ")
            elif key == "u" and place:
                place -= 1
                self._undo(self.queue[place])
            elif key == "u":
                click.echo("nothing to undo", err=True)
            elif key == "k":
                place += 1
            elif key == "a":
                verdict = (candidate.link.status, candidate.link.softened)
            elif key == "r":
                verdict = VERDICTS["none"]
            elif key == "s":
                chosen = typed.key("[e]scalated  [c]ontinued  [w] continued, softened: ")
                verdict = VERDICTS.get(_STATUS_KEYS.get(chosen, ""))
                if verdict is None:
                    click.echo("no status set", err=True)
            elif key.strip():
                click.echo(f"no such key; {_KEYS.rstrip(': ')}", err=True)
            if verdict is not None:
                self._keep(candidate, decisions.decide(candidate.old, candidate.new, *verdict, note, self.who))
                place += 1

    @property
    def summary(self) -> str:
        """How the sitting ended, in one line."""
        if not self.queue:
            return "nothing is left to decide"
        return f"{self.decided} of {len(self.queue)} decided" + (f"; kept in {self.path}" if self.decided else "")

    def _keep(self, candidate: ReviewItem, decision: Decision) -> None:
        decision_files.change(self.path, self.old, self.new, candidate.pair, decision)
        self.decided += 1
        click.echo(f"{candidate.old.ref} → {candidate.new.ref}: {decision.outcome}", err=True)

    def _undo(self, candidate: ReviewItem) -> None:
        """Back to what the file said on this pair before the sitting."""
        if decision_files.load_or_new(self.path, self.old, self.new).for_pair(candidate.pair) != candidate.stood:
            decision_files.change(self.path, self.old, self.new, candidate.pair, candidate.stood)
            self.decided -= 1


@dataclass(frozen=True, slots=True)
class DecisionEditor:
    """Two plans, the names they go by, and the file of decisions on them; path None is one's own."""

    old: Plan
    new: Plan
    names: tuple[str, str]
    path: Path | None = None
    who: str = ""

    @property
    def place(self) -> Path:
        return self.path or decision_files.default_path(self.old, self.new)

    @property
    def known(self) -> Decisions:
        """What the file says now; it may be new."""
        return decision_files.load_or_new(self.place, self.old, self.new)

    def session(
        self, show: Callable[[ReviewItem, int, int], None], progress: vectors.Progress | None = None
    ) -> Session:
        """A sitting on what is not decided yet."""
        known = self.known
        rows, columns = ({t.number: place for place, t in enumerate(plan.tasks)} for plan in (self.old, self.new))
        decided = [(rows[d.old], columns[d.new]) for d in known.entries if d.old in rows and d.new in columns]
        alignment = pipeline.score_pair(self.old, self.new, progress=progress, always=decided)
        queue = candidates(self.old, self.new, alignment, known)
        return Session(self.old, self.new, self.place, queue, show, self.who)

    def settle(self, given: Sequence[str], forget: Sequence[str], note: str = "") -> list[str]:
        """Decide as `2021:30=2024:31:escalated` says, forget as `2021:30=2024:31` says; a line on each.

        Raises UsageError for what names no decision; then nothing is changed.
        """
        known, made = self.known, [self._decision(text, note) for text in given]
        gone = [(first.number, second.number) for first, second in map(self._pair, forget)]
        for pair in gone:
            if known.for_pair(pair) is None:
                raise UsageError(f"there is no decision on {self._named(pair)} to forget")
        changes: list[tuple[tuple[str, str], Decision | None]] = [(pair, None) for pair in gone]
        changes += [(decision.pair, decision) for decision in made]
        lines = []
        for pair, decision in changes:
            decision_files.change(self.place, self.old, self.new, pair, decision)
            lines.append(f"{self._named(pair)}: {decision.outcome if decision else 'forgotten'}")
        return lines

    def listed(self) -> list[str]:
        """The decisions, one a line: the pair, the verdict, when, who, the note, and why it does not hold, if so."""
        lines = []
        for decision in self.known.entries:
            facts = "; ".join(filter(None, (decision.outcome, decision.when[:10], decision.who, decision.note)))
            misfit = decisions.misfit(decision, self.old, self.new)
            lines.append(f"{self._named(decision.pair)}: {facts}" + (f" ! {misfit}" if misfit else ""))
        return [normalise(printable(line)) for line in lines]

    def _named(self, pair: tuple[str, str]) -> str:
        return f"{self.old.id}:{pair[0]} → {self.new.id}:{pair[1]}"

    def _decision(self, text: str, note: str) -> Decision:
        names, _, word = text.rpartition(":")
        verdict = VERDICTS.get(word.strip().casefold())
        if verdict is None or "=" not in names:
            form = f"{self.names[0]}:NUMBER={self.names[1]}:NUMBER:VERDICT"
            raise UsageError(f"“{text}” is no decision: write {form}, the verdict being {', '.join(VERDICTS)}")
        return decisions.decide(*self._pair(names), *verdict, note, self.who)

    def _pair(self, text: str) -> tuple[Task, Task]:
        """The two tasks of `2021:30=2024:31`; `30=31` will do."""
        first, equals, second = text.partition("=")
        if not equals:
            raise UsageError(f"“{text}” names no pair of tasks: write {self.names[0]}:NUMBER={self.names[1]}:NUMBER")
        return _task(first, self.names[0], self.old), _task(second, self.names[1], self.new)


def _task(text: str, name: str, plan: Plan) -> Task:
    stated, _, number = text.strip().rpartition(":")
    if stated and stated not in (name, plan.id) and catalogue.resolve(stated).plan_id != plan.id:
        raise UsageError(f"“{text.strip()}” is a task of another plan than {name}: the order is that of OLD and NEW")
    task = plan.task(normalise(number))
    if task is None:
        raise UsageError(f"{plan.id} has no task “{number}”: it has {plan.tasks[0].number} to {plan.tasks[-1].number}")
    return task


def login_name() -> str:
    """Who sits at the keyboard, or "" where the system does not say."""
    with contextlib.suppress(Exception):
        return getpass.getuser()
    return ""
