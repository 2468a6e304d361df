"""Review of doubtful links: the queue of candidates, the interactive session, and decisions given on the command line.

A Session draws candidates with the function that it is given.
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
    """A pair of tasks that a reviewer should judge.

    link: the model's link, or the link that there would be if accepted. linked: whether the model links the two.
    stale_decision: the decision on an earlier text of the pair, if the file has one.
    """

    old: Task
    new: Task
    link: Link
    linked: bool
    stale_decision: Decision | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.old.number, self.new.number

    @property
    def why(self) -> str:
        """The reason for asking, in words."""
        if self.stale_decision is not None:
            note = f" (“{printable(self.stale_decision.note)}”)" if self.stale_decision.note else ""
            return f"decided as {self.stale_decision.outcome}{note} before the text changed"
        return "doubtful link" if self.linked else "near miss, not linked"


def candidates(old: Plan, new: Plan, alignment: Alignment, known: Decisions) -> list[ReviewItem]:
    """Pairs of tasks without an applicable decision: first those whose text has changed since their decision, then
    doubtful links and near misses, closest to the threshold first."""
    applicable = decisions.applicable(known, old, new).tasks
    rows, columns = ({task.number: position for position, task in enumerate(plan.tasks)} for plan in (old, new))
    stale = {
        (rows[decision.old], columns[decision.new]): decision
        for decision in known.entries
        if decision.old in rows
        and decision.new in columns
        and (rows[decision.old], columns[decision.new]) not in applicable
    }
    close = (alignment.confidence >= SETTINGS.near) & (alignment.confidence < SETTINGS.sure)
    near = zip(alignment.tasks.rows[close].tolist(), alignment.tasks.columns[close].tolist(), strict=True)
    asked = (set(near) | stale.keys()) - applicable.keys()
    # Pairs that are not linked are judged as if they were; linked ones as `diff` shows them.
    with_asked = replace(alignment, links=sorted({*alignment.links, *asked}))
    links = {(link.old, link.new): link for link in pipeline.judge(old, new, with_asked, known).links}
    links |= {(link.old, link.new): link for link in pipeline.judge(old, new, alignment, known).links}
    linked = set(alignment.links)
    order = sorted(
        asked, key=lambda pair: (pair not in stale, abs(alignment.confidence_of(*pair) - SETTINGS.threshold), pair)
    )
    items = []
    for i, j in order:
        first, second = old.tasks[i], new.tasks[j]
        link = links[first.ref, second.ref]
        items.append(ReviewItem(first, second, link, (i, j) in linked, stale.get((i, j))))
    return items


class Keyboard:
    """Keyboard input: single keys on a terminal, whole lines elsewhere. Raises EOFError at the end of the input."""

    def __init__(self) -> None:
        self._buffer = ""

    def key(self, prompt: str) -> str:
        """The next key, or the next line that is not empty."""
        if not sys.stdin.isatty():
            while not (line := self.line(prompt).strip()):
                pass
            return line.casefold()
        click.echo(prompt, err=True, nl=False)
        if not self._buffer:
            try:
                self._buffer = click.getchar()
            except OSError:
                raise EOFError from None
        # Several keys typed at once arrive together; those of an arrow key or the like are one.
        together = len(self._buffer) if self._buffer.startswith(("\x1b", "\xe0", "\x00")) else 1
        key, self._buffer = self._buffer[:together], self._buffer[together:]
        if key in ("\x03", "\x04"):
            raise KeyboardInterrupt if key == "\x03" else EOFError
        click.echo(key if key.isprintable() else "", err=True)
        return key.casefold()

    def line(self, prompt: str) -> str:
        """A line of text."""
        click.echo(prompt, err=True, nl=False)
        ahead, end, rest = re.fullmatch(r"([^\r\n]*)([\r\n]?)(.*)", self._buffer, re.DOTALL).groups()  # type: ignore[union-attr]
        self._buffer = rest
        if end:
            return ahead
        if not (read := sys.stdin.readline()):
            raise EOFError
        return ahead + read.rstrip("\r\n")


@dataclass(slots=True)
class Session:
    """An interactive review: every decision is written at once, so that the session may end at any time.

    show: draws a candidate, given its position in the queue, from 1, and the length. decided: decisions written.
    """

    old: Plan
    new: Plan
    path: Path
    queue: Sequence[ReviewItem]
    show: Callable[[ReviewItem, int, int], None]
    who: str = ""
    decided: int = 0

    def run(self, keyboard: Keyboard) -> None:
        """Ask until the queue is empty or the reviewer quits. Raises EOFError if the input ends before."""
        position, shown, note = 0, -1, ""
        while position < len(self.queue):
            candidate = self.queue[position]
            if shown != position:
                self.show(candidate, position + 1, len(self.queue))
                shown, note = position, ""
            key = keyboard.key(_KEYS)
            verdict: tuple[Status | None, bool] | None = None
            if key == "q":
                return
            elif key == "n":
                note = keyboard.line("note: ")
            elif key == "u" and position:
                position -= 1
                self._undo(self.queue[position])
            elif key == "u":
                click.echo("nothing to undo", err=True)
            elif key == "k":
                position += 1
            elif key == "a":
                verdict = (candidate.link.status, candidate.link.softened)
            elif key == "r":
                verdict = VERDICTS["none"]
            elif key == "s":
                chosen = keyboard.key("[e]scalated  [c]ontinued  [w] continued, softened: ")
                verdict = VERDICTS.get(_STATUS_KEYS.get(chosen, ""))
                if verdict is None:
                    click.echo("no status set", err=True)
            elif key.strip():
                click.echo(f"no such key; {_KEYS.rstrip(': ')}", err=True)
            if verdict is not None:
                self._store(candidate, decisions.decide(candidate.old, candidate.new, *verdict, note, self.who))
                position += 1

    @property
    def summary(self) -> str:
        """The outcome of the session, in one line."""
        if not self.queue:
            return "nothing is left to decide"
        return f"{self.decided} of {len(self.queue)} decided" + (f"; kept in {self.path}" if self.decided else "")

    def _store(self, candidate: ReviewItem, decision: Decision) -> None:
        decision_files.set_decisions(self.path, self.old, self.new, {candidate.pair: decision})
        self.decided += 1
        click.echo(f"{candidate.old.ref} → {candidate.new.ref}: {decision.outcome}", err=True)

    def _undo(self, candidate: ReviewItem) -> None:
        """Restore what the file said on this pair before the session."""
        if (
            decision_files.load_or_empty(self.path, self.old, self.new).for_pair(candidate.pair)
            != candidate.stale_decision
        ):
            decision_files.set_decisions(self.path, self.old, self.new, {candidate.pair: candidate.stale_decision})
            self.decided -= 1


@dataclass(frozen=True, slots=True)
class DecisionEditor:
    """Edits the decisions on two plans. names: the plans as the user named them; path None: the user's own file."""

    old: Plan
    new: Plan
    names: tuple[str, str]
    path: Path | None = None
    who: str = ""

    @property
    def file(self) -> Path:
        return self.path or decision_files.default_path(self.old, self.new)

    @property
    def known(self) -> Decisions:
        """The decisions in the file, which need not exist yet."""
        return decision_files.load_or_empty(self.file, self.old, self.new)

    def session(
        self, show: Callable[[ReviewItem, int, int], None], progress: vectors.Progress | None = None
    ) -> Session:
        """An interactive session on the pairs without a decision."""
        known = self.known
        rows, columns = ({t.number: position for position, t in enumerate(plan.tasks)} for plan in (self.old, self.new))
        decided = [(rows[d.old], columns[d.new]) for d in known.entries if d.old in rows and d.new in columns]
        alignment = pipeline.score_pair(self.old, self.new, progress=progress, always=decided)
        queue = candidates(self.old, self.new, alignment, known)
        return Session(self.old, self.new, self.file, queue, show, self.who)

    def apply(self, given: Sequence[str], forget: Sequence[str], note: str = "") -> list[str]:
        """Apply `--set 2021:30=2024:31:escalated` and `--forget 2021:30=2024:31`; returns a line for each.

        Raises UsageError for an invalid argument; then nothing is changed.
        """
        known, decided = self.known, [self._decision(text, note) for text in given]
        forgotten = [(first.number, second.number) for first, second in map(self._pair, forget)]
        for pair in forgotten:
            if known.for_pair(pair) is None:
                raise UsageError(f"there is no decision on {self._named(pair)} to forget")
        changes: dict[tuple[str, str], Decision | None] = dict.fromkeys(forgotten)
        changes |= {decision.pair: decision for decision in decided}
        decision_files.set_decisions(self.file, self.old, self.new, changes)
        return [
            f"{self._named(pair)}: {decision.outcome if decision else 'forgotten'}"
            for pair, decision in changes.items()
        ]

    def lines(self) -> list[str]:
        """The decisions, one per line: pair, verdict, date, reviewer, note, and the reason if it does not apply."""
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
        """The two tasks of `2021:30=2024:31` or `30=31`."""
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
    """The user's login name, or "" if the system does not know it."""
    with contextlib.suppress(Exception):
        return getpass.getuser()
    return ""
