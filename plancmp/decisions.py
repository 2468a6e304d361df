"""A reviewer's decisions on the links between two plans, in one small TOML file that people may edit and share.

Decisions go before the model. `Decisions.holding` tells which of them still fit the texts at hand; `apply` puts these
into an alignment, so that links and tasks without one follow from them; `settle` marks a link as the reviewer's.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import corpus, keep
from .errors import DocumentError, UsageError
from .model import Link, Plan, Status, Task
from .text import fold, printable

if TYPE_CHECKING:
    from .linking import Alignment

_HEAD = """\
# A reviewer's decisions on the links between two plans; they go before the model's.
# verdict is "link" (with status "escalated" or "continued", and softened = true or false) or "no link".
# sha256 stands for the words of the two tasks: a decision on words that have changed since is reported, not applied;
# without it the decision holds for any words. Edit freely, but say what is worth saying in `note`: comments are not kept.
"""
_KEYS = {"old", "new", "verdict", "status", "softened", "note", "who", "when", "sha256"}
_LINKED = (Status.ESCALATED, Status.CONTINUED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says about one pair of tasks.

    old and new: task numbers. status: that of the link, or None for “no link”. when: ISO date and time, or "".
    sha256: short hashes of the two texts decided on, or None for a decision on whatever the texts say.
    """

    old: str
    new: str
    status: Status | None
    softened: bool = False
    note: str = ""
    who: str = ""
    when: str = ""
    sha256: tuple[str, str] | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.old, self.new

    @property
    def verdict(self) -> str:
        return "no link" if self.status is None else "link"

    @property
    def outcome(self) -> str:
        """The verdict in one word or two: escalated, continued, softened, no link."""
        return "softened" if self.softened else str(self.status or self.verdict)


@dataclass(frozen=True, slots=True)
class Decisions:
    """All decisions on the links between two plans, each pair of tasks decided once."""

    old_plan: str
    new_plan: str
    made: tuple[Decision, ...] = ()

    def on(self, pair: tuple[str, str]) -> Decision | None:
        """The decision on this pair of task numbers, if there is one."""
        return next((decision for decision in self.made if decision.pair == pair), None)

    def holding(self, old: Plan, new: Plan) -> tuple[dict[tuple[int, int], Decision], tuple[str, ...]]:
        """The decisions that fit the plans' texts, by the places of their tasks, and a note on each that does not."""
        rows, columns = ({task.number: place for place, task in enumerate(plan.tasks)} for plan in (old, new))
        complaints = [misfit(decision, old, new) for decision in self.made]
        holding = {
            (rows[decision.old], columns[decision.new]): decision
            for decision, complaint in zip(self.made, complaints, strict=True)
            if complaint is None
        }
        return holding, tuple(complaint for complaint in complaints if complaint is not None)


def misfit(decision: Decision, old: Plan, new: Plan) -> str | None:
    """Why the decision cannot be applied to these plans, in words; None where it can."""
    since = f"the decision of {decision.when[:10]}" if decision.when else "the decision"
    tasks = []
    for plan, number in ((old, decision.old), (new, decision.new)):
        task = plan.task(number)
        if task is None:
            other = f"{old.id}:{decision.old} → {new.id}:{decision.new}"
            return f"There is no task {plan.id}:{printable(number)}; {since} on {printable(other)} is not applied."
        tasks.append(task)
    if decision.sha256 is None:
        return None
    changed = [task.ref for task, known in zip(tasks, decision.sha256, strict=True) if fingerprint(task) != known]
    if not changed:
        return None
    return f"The text of {' and '.join(changed)} has changed since {since} on {tasks[0].ref} → {tasks[1].ref}; decide again."


def fingerprint(task: Task) -> str:
    """A short hash of a task's words; white space, quotation marks and case do not count."""
    return hashlib.sha256(fold(task.full_text).encode("utf-8", "replace")).hexdigest()[:16]


def decide(
    old: Task, new: Task, status: Status | None, softened: bool = False, note: str = "", who: str = ""
) -> Decision:
    """A decision made now on the words of these two tasks."""
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    return Decision(old.number, new.number, status, softened, note, who, when, (fingerprint(old), fingerprint(new)))


def login_name() -> str:
    """Who sits at the keyboard, or "" where the system does not say."""
    with contextlib.suppress(Exception):
        return getpass.getuser()
    return ""


# ---------------------------------------------------------------- in place of the model's


def apply(alignment: Alignment, holding: Mapping[tuple[int, int], Decision]) -> Alignment:
    """The alignment with the links that the decisions leave, take out and put in.

    A pair that is no link has no confidence any more, so that it is not the nearest candidate of its tasks either; the
    confidence of an accepted one stays the model's.
    """
    if not holding:
        return alignment
    rejected = [place for place, decision in holding.items() if decision.status is None]
    confidence = alignment.confidence.copy()
    for place in rejected:
        if (cell := alignment.tasks.place(*place)) is not None:
            confidence[cell] = 0.0
    links = sorted({*alignment.links, *holding} - {*rejected})
    return replace(alignment, confidence=confidence, links=links)


def settle(link: Link, decision: Decision | None) -> Link:
    """The link as the reviewer's, where there is a decision on it."""
    if decision is None or decision.status is None:
        return link
    note = printable(decision.note) or None
    return replace(
        link, status=decision.status, softened=decision.softened, note=note, decided_by="reviewer", doubtful=False
    )


# ---------------------------------------------------------------- the file


def default_path(old: Plan, new: Plan) -> Path:
    """Where one's own decisions on two plans are kept."""
    return corpus.home() / "decisions" / file_name(old.id, new.id)


def file_name(old: str, new: str) -> str:
    """The name of the file with one's own decisions on the plans with these ids."""
    return f"{old}--{new}.toml"


def digests() -> dict[str, str]:
    """A hash of each of one's own files of decisions by name: what is worked out from decisions depends on it."""
    found = {}
    with contextlib.suppress(OSError):
        for path in (corpus.home() / "decisions").iterdir():
            with contextlib.suppress(OSError):
                found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def of_plans(old: Plan, new: Plan, path: Path | None = None) -> Decisions:
    """The decisions on two plans in a named file; None is one's own, which need not be there.

    Raises UsageError where a named file is not there or is about other plans, DocumentError where it is damaged.
    """
    if path is not None and not os.path.exists(path):
        raise UsageError(f"no such file: {path}", f"make it with `plancmp review OLD NEW --decisions {path}`")
    return at(path or default_path(old, new), old, new)


def at(place: Path, old: Plan, new: Plan) -> Decisions:
    """The decisions on two plans in a file that need not be there yet. Raises as `of_plans` does."""
    if not os.path.exists(place):
        return Decisions(old.id, new.id)
    found = read(place)
    if (found.old_plan, found.new_plan) != (old.id, new.id):
        raise UsageError(
            f"{place} holds decisions on {found.old_plan} and {found.new_plan}, not on {old.id} and {new.id}",
            "name another file with --decisions",
        )
    return found


def change(place: Path, old: Plan, new: Plan, pair: tuple[str, str], decision: Decision | None) -> None:
    """Put a decision in the place of what the file says on its pair; None takes that out. The file may be new.

    The file is read anew each time: what somebody else has written meanwhile stays.
    """
    known = at(place, old, new)
    others = [other for other in known.made if other.pair != pair]
    write(place, replace(known, made=(*others, *([decision] if decision else []))))


def read(path: Path) -> Decisions:
    """The decisions in a file. Raises DocumentError, with the line, where it is damaged."""
    line: int | None = None
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
        data = tomllib.loads(text)
        heads = [text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"(?m)^[ \t]*\[\[", text)]
        entries = data.get("decision", [])
        if not isinstance(entries, list):
            raise ValueError("decisions are tables of their own: [[decision]]")
        plans = [data.get(key) for key in ("old_plan", "new_plan")]
        if not all(isinstance(plan, str) and plan for plan in plans):
            raise ValueError('it does not say which plans it is about: old_plan = "…" and new_plan = "…"')
        made: list[Decision] = []
        for number, entry in enumerate(entries):
            line = heads[number] if len(heads) == len(entries) else None
            made.append(_decision(entry))
            if made[-1].pair in {decision.pair for decision in made[:-1]}:
                raise ValueError(f"{made[-1].old} → {made[-1].new} is decided twice; keep one of the two")
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}", "name another file with --decisions") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError):
            line = raw.count(b"\n", 0, error.start) + 1
        elif isinstance(error, tomllib.TOMLDecodeError):
            place = re.search(r"\(at line (\d+)", str(error))
            line = int(place[1]) if place else text.count("\n") + 1
        where = f"{path}, line {line}" if line else f"{path}"
        raise DocumentError(
            f"{where}: not a file of decisions: {error}", "mend the line; its first lines say what may stand there"
        ) from None
    return Decisions(str(plans[0]), str(plans[1]), tuple(made))


def _decision(entry: Any) -> Decision:
    """One [[decision]] of a file. Raises ValueError for what it cannot say."""
    if not isinstance(entry, dict):
        raise ValueError("a decision is a table of its own: [[decision]]")
    if unknown := sorted(entry.keys() - _KEYS):
        raise ValueError(f"unknown key “{unknown[0]}”")
    for key in ("old", "new"):
        if isinstance(entry.get(key), bool) or not isinstance(entry.get(key), str | int) or entry[key] == "":
            raise ValueError(f'{key} must be the number of a task, such as {key} = "30"')
    for key in ("note", "who"):
        if not isinstance(entry.get(key, ""), str):
            raise ValueError(f'{key} must be words in quotation marks: {key} = "…"')
    when = entry.get("when", "")
    if not isinstance(when, str | date):
        raise ValueError('when must be a date, such as when = "2024-05-20"')
    hashes = entry.get("sha256")
    if hashes is not None and not (
        isinstance(hashes, list) and len(hashes) == 2 and all(isinstance(part, str) for part in hashes)
    ):
        raise ValueError("sha256 must be a list of two hashes; leave it out for a decision on whatever the texts say")
    status, softened = _verdict(entry)
    return Decision(
        str(entry["old"]),
        str(entry["new"]),
        status,
        softened,
        entry.get("note", ""),
        entry.get("who", ""),
        when if isinstance(when, str) else when.isoformat(),
        (hashes[0], hashes[1]) if hashes else None,
    )


def _verdict(entry: dict[str, Any]) -> tuple[Status | None, bool]:
    softened = entry.get("softened", False)
    if entry.get("verdict") == "no link":
        if "status" in entry or softened:
            raise ValueError("what is no link has no status")
        return None, False
    if entry.get("verdict") != "link":
        raise ValueError('verdict must be "link" or "no link"')
    if entry.get("status") not in [str(status) for status in _LINKED]:
        raise ValueError('the status of a link must be "escalated" or "continued"')
    status = Status(entry["status"])
    if not isinstance(softened, bool) or (softened and status is not Status.CONTINUED):
        raise ValueError("softened must be true or false, and only what is continued can be softened")
    return status, softened


def write(path: Path, decisions: Decisions) -> None:
    """Write the file, in order of the tasks, whole or not at all. Raises DocumentError where it cannot be written."""
    parts = [f"{_HEAD}old_plan = {_quoted(decisions.old_plan)}\nnew_plan = {_quoted(decisions.new_plan)}\n"]
    for decision in sorted(decisions.made, key=lambda decision: (_place(decision.old), _place(decision.new))):
        lines = ["[[decision]]", f"old = {_quoted(decision.old)}", f"new = {_quoted(decision.new)}"]
        lines.append(f"verdict = {_quoted(decision.verdict)}")
        if decision.status is not None:
            lines += [f"status = {_quoted(decision.status)}", f"softened = {str(decision.softened).lower()}"]
        lines += [f"{key} = {_quoted(getattr(decision, key))}" for key in ("note", "who", "when")]
        if decision.sha256 is not None:
            lines.append(f"sha256 = [{', '.join(map(_quoted, decision.sha256))}]")
        parts.append("\n".join(lines) + "\n")
    try:
        keep.write(path, "\n".join(parts))
    except OSError as error:
        raise DocumentError(
            f"{path}: the decision could not be kept: {error.strerror}", "name another file with --decisions"
        ) from None


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for one character that TOML wants escaped too."""
    whole = str(text).encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _place(number: str) -> Sequence[tuple[bool, int, str]]:
    """Sorts 9 before 10, and 4.2 before 4.10."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.findall(r"\d+|\D+", number)
    ]
