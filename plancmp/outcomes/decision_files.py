"""Reading and writing a reviewer's decisions on the links between two plans: one TOML file that people may edit and share.

Decisions override the model. Which of them apply to the current texts, and how, is in `outcomes.decisions`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from .. import files
from ..errors import DocumentError, UsageError
from ..model import Decision, Decisions, Plan, Status
from ..plans import catalogue

_HEAD = """\
# A reviewer's decisions on the links between two plans; they go before the model's.
# verdict is "link" (with status "escalated" or "continued", and softened = true or false) or "no link".
# old and new are numbers of tasks, such as "30", or of single commitments, such as "30b".
# sha256 stands for the words of the two: a decision on words that have changed since is reported, not applied;
# without it the decision holds for any words. Edit freely, but say what is worth saying in `note`: comments are not kept.
"""
_KEYS = {"old", "new", "verdict", "status", "softened", "note", "who", "when", "sha256"}
_LINKED = (Status.ESCALATED, Status.CONTINUED)


def default_path(old: Plan, new: Plan) -> Path:
    """The user's file of decisions on two plans."""
    return catalogue.home() / "decisions" / file_name(old.id, new.id)


def file_name(old: str, new: str) -> str:
    """The name of the user's file of decisions on the plans with these ids."""
    return f"{old}--{new}.toml"


def digests() -> dict[str, str]:
    """SHA-256 of each of the user's decision files by file name, as part of cache keys."""
    digests = {}
    with contextlib.suppress(OSError):
        # Not the hidden lock and temporary file of one that is being written.
        for path in (catalogue.home() / "decisions").glob("[!.]*.toml"):
            with contextlib.suppress(OSError):
                digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests


@dataclass(frozen=True, slots=True)
class Given:
    """The decisions that go before the model's: those of the files that the user named, for the plans that these are about,
    and one's own for all others.

    by_plans: by the ids of the old and the new plan. files: each file and the plans that it is about. teaching: the other
    pairs of a comparison may be learned from the decisions.
    """

    by_plans: Mapping[tuple[str, str], Decisions] = field(default_factory=dict)
    files: tuple[tuple[Path, tuple[str, str]], ...] = ()
    teaching: bool = True

    def on(self, old: Plan, new: Plan) -> Decisions:
        """The decisions on two plans. Raises DocumentError where one's own file is damaged."""
        found = self.by_plans.get((old.id, new.id)) or load_or_empty(default_path(old, new), old, new)
        return replace(found, teaching=self.teaching)

    def require(self, *plans: tuple[str, str]) -> None:
        """Raise UsageError where a file is about other plans than these pairs, which are compared."""
        for path, (old, new) in self.files:
            if (old, new) not in plans:
                compared = ", ".join(f"{one} and {other}" for one, other in plans) or "any plans compared here"
                raise UsageError(
                    f"{path} holds decisions on {old} and {new}, not on {compared}",
                    "name another file with --decisions",
                )


def given(paths: Sequence[Path], teaching: bool = True) -> Given:
    """The decisions in files that the user named, merged.

    Raises UsageError for a file that is missing and where two files contradict each other, DocumentError for a damaged one.
    """
    merged: dict[tuple[str, str], dict[tuple[str, str], tuple[Decision, Path]]] = {}
    files, conflicts = [], []
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"no such file: {path}", f"make it with `plancmp review OLD NEW --decisions {path}`")
        found = read(path)
        plans = (found.old_plan, found.new_plan)
        files.append((path, plans))
        by_pair = merged.setdefault(plans, {})
        for decision in found.entries:
            known, where = by_pair.setdefault(decision.pair, (decision, path))
            if known.outcome != decision.outcome:
                pair = f"{plans[0]}:{decision.old} → {plans[1]}:{decision.new}"
                conflicts.append(f"{pair} is {_said(known)} in {where} and {_said(decision)} in {path}")
            elif decision.when > known.when:
                by_pair[decision.pair] = decision, path
    if conflicts:
        more = f"; and {len(conflicts) - 3} more" if len(conflicts) > 3 else ""
        raise UsageError(
            f"the decisions contradict each other: {'; '.join(conflicts[:3])}{more}",
            "settle it: plancmp review OLD NEW --decisions FILE --forget OLD=NEW",
        )
    decisions = {
        plans: Decisions(*plans, tuple(decision for decision, _ in by_pair.values()))
        for plans, by_pair in merged.items()
    }
    return Given(decisions, tuple(files), teaching)


def _said(decision: Decision) -> str:
    """A verdict, and whose it is."""
    whose = ", ".join(filter(None, (decision.who, decision.when[:10])))
    return f"“{decision.outcome}”" + (f" ({whose})" if whose else "")


def load_or_empty(path: Path, old: Plan, new: Plan) -> Decisions:
    """The decisions on two plans in a file that need not exist yet.

    Raises UsageError for a file about other plans, DocumentError for a damaged one.
    """
    if not os.path.exists(path):
        return Decisions(old.id, new.id)
    decisions = read(path)
    if (decisions.old_plan, decisions.new_plan) != (old.id, new.id):
        raise UsageError(
            f"{path} holds decisions on {decisions.old_plan} and {decisions.new_plan}, not on {old.id} and {new.id}",
            "name another file with --decisions",
        )
    return decisions


def set_decisions(path: Path, old: Plan, new: Plan, changes: Mapping[tuple[str, str], Decision | None]) -> None:
    """Replace the file's decisions on these pairs of tasks or commitments; None removes one. The file need not exist yet.

    The file is read, changed and written under a lock, so that nothing that others write is lost. Raises as `load_or_empty`
    does, and DocumentError if the file cannot be written.
    """
    try:
        with files.locked(path):
            files.remove_leftovers(path)
            by_pair: dict[tuple[str, str], Decision | None] = {
                decision.pair: decision for decision in load_or_empty(path, old, new).entries
            }
            decisions = tuple(decision for decision in (by_pair | dict(changes)).values() if decision is not None)
            write(path, Decisions(old.id, new.id, decisions))
    except OSError as error:
        raise _not_written(path, error) from None


def read(path: Path) -> Decisions:
    """The decisions in a file. Raises DocumentError, with the line, where it is damaged."""
    line: int | None = None
    try:
        raw = files.read_bytes(path)
        text = raw.decode("utf-8-sig")
        data = tomllib.loads(text)
        table_lines = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(r"(?m)^[ \t]*\[\[", text)]
        entries = data.get("decision", [])
        if not isinstance(entries, list):
            raise ValueError("decisions are tables of their own: [[decision]]")
        plans = [data.get(key) for key in ("old_plan", "new_plan")]
        if not all(isinstance(plan, str) and plan for plan in plans):
            raise ValueError('it does not say which plans it is about: old_plan = "…" and new_plan = "…"')
        decisions: dict[tuple[str, str], Decision] = {}
        for number, entry in enumerate(entries):
            line = table_lines[number] if len(table_lines) == len(entries) else None
            decision = _decision(entry)
            if decisions.setdefault(decision.pair, decision) is not decision:
                raise ValueError(f"{decision.old} → {decision.new} is decided twice; keep one of the two")
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}", "name another file with --decisions") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError):
            line = raw.count(b"\n", 0, error.start) + 1
        elif isinstance(error, tomllib.TOMLDecodeError):
            stated = re.search(r"\(at line (\d+)", str(error))
            line = int(stated[1]) if stated else text.count("\n") + 1
        where = f"{path}, line {line}" if line else f"{path}"
        raise DocumentError(
            f"{where}: not a file of decisions: {error}", "mend the line; its first lines say what may stand there"
        ) from None
    return Decisions(str(plans[0]), str(plans[1]), tuple(decisions.values()))


def _decision(entry: Any) -> Decision:
    """One [[decision]] of a file. Raises ValueError, with the reason, for an invalid one."""
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
    """Write the file atomically, sorted by task. Raises DocumentError if it cannot be written."""
    import tomli_w

    entries = []
    for decision in sorted(decisions.entries, key=lambda entry: (_sort_key(entry.old), _sort_key(entry.new))):
        entry: dict[str, Any] = {"old": decision.old, "new": decision.new, "verdict": decision.verdict}
        if decision.status is not None:
            entry |= {"status": str(decision.status), "softened": decision.softened}
        entry |= {key: _clean(getattr(decision, key)) for key in ("note", "who", "when")}
        if decision.sha256 is not None:
            entry["sha256"] = list(decision.sha256)
        entries.append(entry)
    plans = {"old_plan": _clean(decisions.old_plan), "new_plan": _clean(decisions.new_plan)}
    text = _HEAD + tomli_w.dumps(plans | ({"decision": entries} if entries else {}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_output(path, text.encode())
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: Path, error: OSError) -> DocumentError:
    return DocumentError(
        f"{path}: the decision could not be kept: {error.strerror}", "name another file with --decisions"
    )


def _clean(text: str) -> str:
    """The text without halves of characters, which no file can hold."""
    return str(text).encode("utf-8", "replace").decode()


def _sort_key(number: str) -> Sequence[tuple[bool, int, str]]:
    """A sort key for task numbers: 9 before 10, and 4.2 before 4.10."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.findall(r"\d+|\D+", number)
    ]
