"""One's own plans: add a document, look at what would be read from it, take it out again.

A plan is kept as the bundled ones are: home()/<id>/source.txt, the text as read, and plan.toml, its particulars. It is
written beside its place and moved there whole, so that an interrupted `add` leaves the old state.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..documents import reader
from ..errors import DocumentError, UsageError
from ..model import Leftover, Plan, Section, Source
from ..text import printable
from . import catalogue, metadata

_KEPT = ("title", "issuer", "issued", "covers", "series", "language", "declared_tasks")


@dataclass(frozen=True, slots=True)
class Report:
    """What was read from a document of which nothing is stored.

    plan: the document as parsed, perhaps without a task. guessed: the particulars found in its own words.
    outline: each section with the number of tasks in it. kinds: tasks by kind. bodies: id, name and tasks of each body
    recognised, most tasks first; unknown: printed name and tasks of those that the lexicon lacks.
    doubtful: line and words of what looks like a task or heading and could not be placed. leftovers: how many pieces of
    text are no task, by reason. notes: what the reader of the file had to leave out or guess.
    """

    plan: Plan
    guessed: dict
    format: str
    encoding: str | None
    notes: tuple[str, ...]
    outline: tuple[tuple[tuple[Section, ...], int], ...]
    kinds: dict[str, int]
    bodies: tuple[tuple[str, str, int], ...]
    unknown: tuple[tuple[str, int], ...]
    doubtful: tuple[tuple[int, str], ...]
    leftovers: dict[str, int]


def check(path: Path) -> Report:
    """Read and parse a document; nothing is stored. Raises DocumentError where the file cannot be read."""
    document = reader.read(path)
    guessed = metadata.guess(document.markdown)
    plan = catalogue._parsed(
        document.markdown, _name_of(path), guessed, Source(printable(str(path)), None, document.sha256)
    )
    per_section = Counter(task.section for task in plan.tasks)
    known: Counter[tuple[str, str]] = Counter()
    unknown: Counter[str] = Counter()
    for task in plan.tasks:
        for body in task.bodies:
            if body.id:
                known[body.id, body.name] += 1
            else:
                unknown[body.as_printed] += 1
    return Report(
        plan=plan,
        guessed=guessed,
        format=document.format,
        encoding=document.encoding,
        notes=document.notes,
        outline=tuple((section, per_section[section]) for section in plan.sections),
        kinds=dict(Counter(task.kind for task in plan.tasks)),
        bodies=tuple((body_id, name, count) for (body_id, name), count in known.most_common()),
        unknown=tuple(unknown.most_common()),
        doubtful=_doubtful(plan.leftovers),
        leftovers=dict(Counter(left.reason for left in plan.leftovers)),
    )


def _doubtful(leftovers: Sequence[Leftover]) -> tuple[tuple[int, str], ...]:
    return tuple((left.lines[0], left.text) for left in leftovers if left.doubtful)


def _name_of(path: Path) -> str:
    name = path.stem[:64]
    return name if catalogue.is_plain_id(name) else "plan"


def add(path: Path, plan_id: str, *, replace: bool = False, read_anyway: bool = False, **overrides) -> Plan:
    """Store a document as a plan of one's own and return it.

    overrides: title, issuer, issued (YYYY-MM-DD), covers (first year, last year), series, language, declared_tasks; they
    go before what the document says. Raises UsageError for an id that is not a plain name or is taken (unless replace),
    DocumentError for a document that cannot be read, holds no task or, unless read_anyway, was not understood; then
    nothing is changed.
    """
    _plain(plan_id)
    if not replace and plan_id in catalogue.directories():
        raise UsageError(
            f"there is already a plan “{plan_id}”", "choose another id, or give --replace to put this one before it"
        )
    document = reader.read(path)
    given = {key: value for key, value in overrides.items() if value is not None}
    facts = metadata.guess(document.markdown) | _valid(given)
    plan = catalogue._parsed(document.markdown, plan_id, facts, Source(path.name, None, document.sha256))
    if not plan.tasks:
        raise DocumentError(
            f"{printable(str(path))}: no task found: no numbered items and no paragraphs that end in a responsibility clause",
            f"see what was read with `plancmp check {printable(str(path))}`",
        )
    if not read_anyway:
        catalogue.refuse_unless_understood(plan, path)
    facts["file"] = printable(path.name)
    try:
        _write(plan_id, document.markdown, facts)
    except OSError as error:
        raise DocumentError(
            f"{printable(str(catalogue.home()))}: the plan could not be stored: {error.strerror}",
            "set PLANCMP_HOME to a directory that can be written to",
        ) from error
    return catalogue.stored(plan_id)


def remove(plan_id: str) -> None:
    """Take a plan of one's own out; a bundled plan that it replaced comes back. Raises UsageError where it is none."""
    _plain(plan_id)
    place = catalogue.home() / plan_id
    with contextlib.suppress(OSError):
        _recover(place)
    if not place.is_dir():
        if (catalogue.bundled_directory() / plan_id / "plan.toml").is_file():
            raise UsageError(
                f"“{plan_id}” comes with the program and cannot be removed",
                "only plans of one's own can: plancmp plans",
            )
        own = sorted(
            entry for entry, directory in catalogue.directories().items() if directory.parent == catalogue.home()
        )
        raise UsageError(f"there is no plan “{plan_id}” of your own", f"your own plans: {', '.join(own) or 'none'}")
    try:
        gone = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{plan_id}.", suffix=".gone"))
        os.rename(place, gone / "plan")
    except OSError as error:
        raise DocumentError(
            f"{printable(str(place))}: the plan could not be removed: {error.strerror}", "check the permissions"
        ) from error
    shutil.rmtree(gone, ignore_errors=True)


def _plain(plan_id: str) -> None:
    if not catalogue.is_plain_id(plan_id):
        raise UsageError(
            f"“{printable(plan_id)[:80]}” is no plain id",
            "use up to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit",
        )


def _valid(given: dict) -> dict:
    """The overrides, checked. Raises UsageError for a key or value that a plan cannot have."""
    for key, value in given.items():
        if key not in _KEPT:
            raise UsageError(f"a plan has no “{printable(key)}”", f"it has {', '.join(_KEPT)}")
        if key == "issued":
            try:
                date.fromisoformat(str(value))
            except ValueError:
                raise UsageError(
                    f"“{printable(str(value))}” is no date", "write YYYY-MM-DD, for example 2025-05-12"
                ) from None
        if key == "covers":
            years = [int(year) for year in value]
            if not years or not 1900 <= years[0] <= years[-1] <= 2200:
                raise UsageError(
                    f"{printable(str(value))} are no years", "give the first and the last year that the plan covers"
                )
        if key == "language" and value not in ("en", "zh"):
            raise UsageError(f"“{printable(str(value))}” is no language of plans", "en or zh")
        if key == "declared_tasks" and int(value) < 1:
            raise UsageError("a plan declares at least one task", "leave the number of declared tasks out")
    return given


def _toml(facts: dict) -> str:
    """The particulars as TOML. A JSON string without control characters is a TOML string."""
    lines = []
    for key in (*_KEPT, "file"):
        value = facts.get(key)
        if value in (None, "", [], ()):
            continue
        if key == "covers":
            lines.append(f"covers = [{int(value[0])}, {int(value[-1])}]")
        elif key == "declared_tasks":
            lines.append(f"declared_tasks = {int(value)}")
        elif key == "issued":
            lines.append(f"issued = {date.fromisoformat(str(value)).isoformat()}")
        else:
            lines.append(f"{key} = {json.dumps(printable(str(value)), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _write(plan_id: str, text: str, facts: dict) -> None:
    """Write the plan beside its place and move it there; the plan that stood there comes back if the move fails."""
    place = catalogue.home() / plan_id
    place.parent.mkdir(parents=True, exist_ok=True)
    _recover(place)
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{plan_id}.", suffix=".part"))
    try:
        (made / "source.txt").write_bytes(text.encode("utf-8", "replace"))
        (made / "plan.toml").write_bytes(_toml(facts).encode("utf-8"))
        made.chmod(0o755)
        _swap(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _swap(made: Path, place: Path) -> None:
    old = _aside(place)
    if not place.exists():
        os.rename(made, place)
        return
    shutil.rmtree(old, ignore_errors=True)
    os.rename(place, old)
    try:
        os.rename(made, place)
    except BaseException:
        os.rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _recover(place: Path) -> None:
    """Put back a plan that stood aside when a replacement was killed between its two moves."""
    old = _aside(place)
    if old.is_dir() and not place.exists():
        os.rename(old, place)
