"""The user's own plans: add a document, report what would be parsed from it, remove it.

A plan has the layout of the bundled ones: home()/<id>/source.txt, the text as read, and plan.toml, its metadata. It is
written to a temporary directory and renamed, so that an interrupted `add` leaves the old state.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .. import files
from ..documents import reader
from ..errors import DocumentError, UsageError
from ..model import Leftover, Plan, Section, Source
from ..text import printable
from . import catalogue, editions, metadata, overrides

log = logging.getLogger(__name__)

_FIELDS = ("title", "issuer", "issued", "covers", "series", "language", "declared_tasks")
# What a reader may add to a plan.toml by hand besides.
_BY_HAND = ("title_zh", "grammar", "translated_by", "published")
_ORIGIN = ("file", "url", "retrieved", "fetched_sha256", "sha256")


@dataclass(frozen=True, slots=True)
class ParseReport:
    """What was parsed from a document of which nothing is stored.

    plan: the parsed document, possibly without tasks. guessed: metadata found in its text.
    outline: each section with the number of tasks in it. kinds: tasks by kind. bodies: id, name and tasks of each body
    recognised, most tasks first; unknown: printed name and tasks of bodies that the lexicon lacks.
    doubtful: line and text of what looks like a task or heading and fits nowhere in the outline. leftovers: number of
    texts that are no task, by reason. notes: what the reader of the file left out or guessed.
    """

    plan: Plan
    guessed: dict[str, Any]
    format: str
    encoding: str | None
    notes: tuple[str, ...]
    outline: tuple[tuple[tuple[Section, ...], int], ...]
    kinds: dict[str, int]
    bodies: tuple[tuple[str, str, int], ...]
    unknown: tuple[tuple[str, int], ...]
    doubtful: tuple[tuple[int, str], ...]
    leftovers: dict[str, int]


def check(path: Path | str, *, refresh: bool = False) -> ParseReport:
    """Read and parse a file or a web address; no plan is stored. Raises DocumentError where it cannot be fetched or read.

    refresh: fetch an address again.
    """
    document = reader.read(path, refresh=refresh)
    guessed = metadata.guess(document.markdown)
    plan = catalogue.parse_text(
        document.markdown,
        catalogue.file_id(path, document.sha256),
        guessed,
        Source(reader.shown(path), document.url, document.sha256, document.retrieved),
    )
    per_section = Counter(task.section for task in plan.tasks)
    recognised: Counter[tuple[str, str]] = Counter()
    unknown: Counter[str] = Counter()
    for task in plan.tasks:
        for body in task.bodies:
            if body.id:
                recognised[body.id, body.name] += 1
            else:
                unknown[body.as_printed] += 1
    return ParseReport(
        plan=plan,
        guessed=guessed,
        format=document.format,
        encoding=document.encoding,
        notes=document.notes,
        outline=tuple((section, per_section[section]) for section in plan.sections),
        kinds=dict(Counter(task.kind for task in plan.tasks)),
        bodies=tuple((body_id, name, count) for (body_id, name), count in recognised.most_common()),
        unknown=tuple(unknown.most_common()),
        doubtful=_doubtful(plan.leftovers),
        leftovers=dict(Counter(left.reason for left in plan.leftovers)),
    )


def _doubtful(leftovers: Sequence[Leftover]) -> tuple[tuple[int, str], ...]:
    return tuple((left.lines[0], left.text) for left in leftovers if left.doubtful)


def add(
    path: Path | str,
    plan_id: str,
    *,
    replace: bool = False,
    read_anyway: bool = False,
    refresh: bool = False,
    **overrides: Any,
) -> Plan:
    """Store the document in a file or at a web address as a user's plan and return it.

    overrides: title, issuer, issued (YYYY-MM-DD), covers (first year, last year), series, language, declared_tasks; they
    take precedence over what the document says. Where a plan of the user's own is replaced, what had been set by hand or by
    option in its plan.toml is kept where it still holds; the log says what was dropped. Raises UsageError for an id that is not a plain name or is taken (unless replace),
    DocumentError for a document that cannot be read, holds no task or, unless read_anyway, was not understood; then
    nothing is changed.
    """
    _require_plain_id(plan_id)
    if not replace:
        _require_free(plan_id)
    document = reader.read(path, refresh=refresh)
    given = {key: value for key, value in overrides.items() if value is not None}
    name = document.url or reader.shown(Path(Path(path).name))
    facts = metadata.guess(document.markdown)
    if replace and _is_own(plan_id):
        facts |= _kept(plan_id, document.markdown, given)
    facts |= _validated(given)
    plan = catalogue.parse_text(
        document.markdown, plan_id, facts, Source(name, document.url, document.sha256, document.retrieved)
    )
    if splits := facts.get("splits"):
        facts["splits"] = {task.number: splits[task.number] for task in plan.tasks if task.begins}
        for warning in plan.warnings:
            if "in plan.toml is left out" in warning:
                log.warning("%s: %s", plan_id, warning)
    if not plan.tasks:
        raise DocumentError(
            f"{reader.shown(path)}: no task found: no numbered items and no paragraphs that end in a responsibility clause",
            f"see what was read with `plancmp check {printable(str(path))}`",
        )
    if not read_anyway:
        catalogue.refuse_unless_understood(plan, path)
    facts["file"] = name
    if document.url:
        facts |= {"url": document.url, "retrieved": document.retrieved, "fetched_sha256": document.sha256}
    with _storing(), _changing_plans():
        if not replace:
            _require_free(plan_id)
        _store(plan_id, document.markdown, facts, catalogue.home())
    return catalogue.stored(plan_id)


def add_edition(
    path: Path | str, plan_id: str, *, replace: bool = False, read_anyway: bool = False, refresh: bool = False
) -> Plan:
    """Store the document in a file or at a web address as the other edition of a stored plan; the plan with its gaps filled.

    Raises UsageError where there is no such plan, its other edition is at hand (unless replace) or the plan has no gap that
    the document fills, DocumentError as `add` does; then nothing is changed.
    """
    own = catalogue.stored(plan_id, alone=True)
    if not replace and catalogue.edition_directory(plan_id) is not None:
        raise UsageError(f"the other edition of “{plan_id}” is at hand", "give --replace to put this one before it")
    document = reader.read(path, refresh=refresh)
    name = document.url or reader.shown(Path(Path(path).name))
    facts = metadata.guess(document.markdown) | {"file": name}
    if document.url:
        facts |= {"url": document.url, "retrieved": document.retrieved, "fetched_sha256": document.sha256}
    source = Source(name, document.url, document.sha256, document.retrieved)
    plan = catalogue.parse_text(document.markdown, plan_id, facts, source)
    if not plan.tasks:
        raise DocumentError(
            f"{reader.shown(path)}: no task found", f"see what was read with `plancmp check {printable(str(path))}`"
        )
    if not read_anyway:
        catalogue.refuse_unless_understood(plan, path)
    whole = editions.filled(own, plan)
    if whole.other_edition is None:
        why = whole.warnings[-1] if whole.warnings != own.warnings else f"{plan_id} has no gap that it fills"
        raise UsageError(f"{reader.shown(path)}: {why}", "store it as a plan of its own: plancmp add FILE --id ID")
    with _storing(), _changing_plans():
        _store(plan_id, document.markdown, facts, catalogue.editions_home())
    return catalogue.stored(plan_id)


def remove_edition(plan_id: str) -> None:
    """Remove the other edition of a plan. Raises UsageError where there is none."""
    _require_plain_id(plan_id)
    with _storing(), _changing_plans():
        directory = catalogue.edition_directory(plan_id)
        if directory is None:
            raise UsageError(f"no other edition of “{plan_id}” is at hand", "see what is: plancmp plans")
        shutil.rmtree(directory)


@contextlib.contextmanager
def _storing() -> Iterator[None]:
    """Raise DocumentError where the user's data directory cannot be written to."""
    try:
        yield
    except OSError as error:
        raise DocumentError(
            f"{printable(str(catalogue.home()))}: the plan could not be stored: {error.strerror}",
            "set PLANCMP_HOME to a directory that can be written to",
        ) from error


def _kept(plan_id: str, text: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the user had set for the plan that is being replaced and still holds; what does not is logged.

    What differs from what the replaced text itself says was set by the user.
    """
    try:
        directory = catalogue.directory_of(plan_id)
        assert directory is not None
        old = catalogue.particulars(directory)
        old_text = (directory / "source.txt").read_text("utf-8-sig")
    except (DocumentError, OSError, UnicodeDecodeError) as error:
        log.warning("%s: what was set by hand is dropped, because the replaced plan is damaged: %s", plan_id, error)
        return {}
    said = metadata.guess(old_text)
    own = {key: old[key] for key in _FIELDS if key in old and key not in given and str(old[key]) != str(said[key])}
    own |= {key: old[key] for key in (*_BY_HAND, "splits") if key in old}
    if starts := old.get("task_starts"):
        found, lost = overrides.carried_over(old_text, text, starts)
        if lost:
            log.warning(
                "%s: task_starts are dropped: %d of %d lines are not in the new text; set them anew in plan.toml",
                plan_id, lost, len(starts),
            )  # fmt: skip
        else:
            own["task_starts"] = found
    if kept := sorted(own):
        log.warning("%s: kept from the replaced plan: %s", plan_id, ", ".join(kept))
    return own


def _require_free(plan_id: str) -> None:
    if catalogue.directory_of(plan_id) is not None:
        raise UsageError(
            f"there is already a plan “{plan_id}”", "choose another id, or give --replace to put this one before it"
        )


def remove(plan_id: str) -> None:
    """Remove a user's plan; a bundled plan that it overrode is visible again. Raises UsageError if it is not a user's plan."""
    _require_plain_id(plan_id)
    try:
        if _is_own(plan_id):
            with _changing_plans():
                # Another process may have removed it meanwhile.
                if _is_own(plan_id):
                    removed = Path(tempfile.mkdtemp(dir=catalogue.home(), prefix=f".{plan_id}.", suffix=".gone"))
                    os.rename(catalogue.home() / plan_id, removed / "plan")
                    shutil.rmtree(removed, ignore_errors=True)
                    return
    except OSError as error:
        raise DocumentError(
            f"{printable(str(catalogue.home() / plan_id))}: the plan could not be removed: {error.strerror}",
            "check the permissions",
        ) from error
    if catalogue.directory_of(plan_id) is not None:
        raise UsageError(
            f"“{plan_id}” comes with the program and cannot be removed",
            "only plans of one's own can: plancmp plans",
        )
    own = sorted(filter(_is_own, catalogue.directories()))
    raise UsageError(f"there is no plan “{plan_id}” of your own", f"your own plans: {', '.join(own) or 'none'}")


def _is_own(plan_id: str) -> bool:
    directory = catalogue.directory_of(plan_id)
    return directory is not None and directory.parent == catalogue.home()


def _require_plain_id(plan_id: str) -> None:
    if not catalogue.is_plain_id(plan_id):
        raise UsageError(
            f"“{printable(plan_id)[:80]}” is no plain id",
            "use up to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit, no device's name",
        )


def _validated(given: dict[str, Any]) -> dict[str, Any]:
    """The overrides, validated. Raises UsageError for an unknown field or an invalid value."""
    for key, value in given.items():
        if key not in _FIELDS:
            raise UsageError(f"a plan has no “{printable(key)}”", f"it has {', '.join(_FIELDS)}")
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


def _toml(facts: dict[str, Any]) -> str:
    """The metadata as TOML."""
    import tomli_w

    data: dict[str, Any] = {}
    for key in (*_FIELDS, *_BY_HAND, *_ORIGIN):
        value = facts.get(key)
        if value in (None, "", [], ()):
            continue
        if key == "covers":
            data[key] = [int(value[0]), int(value[-1])]
        elif key == "declared_tasks":
            data[key] = int(value)
        elif key == "issued":
            data[key] = date.fromisoformat(str(value))
        else:
            data[key] = printable(str(value))
    if starts := facts.get("task_starts"):
        data["task_starts"] = list(map(int, starts))
    if splits := facts.get("splits"):
        data["splits"] = {printable(number): list(map(printable, words)) for number, words in splits.items()}
    return tomli_w.dumps(data)


@contextlib.contextmanager
def _changing_plans() -> Iterator[None]:
    """Hold the lock on the user's plans, with what killed processes left cleared up. Raises OSError."""
    home = catalogue.home()
    with files.locked(home / "plans"):
        for root in filter(Path.is_dir, (home, catalogue.editions_home())):
            for entry in list(root.iterdir()):
                if entry.name.startswith(".") and entry.suffix in (".part", ".gone"):
                    shutil.rmtree(entry, ignore_errors=True)
                elif entry.name.startswith(".") and entry.suffix == ".old":
                    _recover(root / entry.name[1:-4])
        yield


def _recover(directory: Path) -> None:
    """Restore the backup of a plan whose replacement was killed between its two renames, or remove a needless one."""
    backup = catalogue.backup_of(directory)
    if directory.exists():
        shutil.rmtree(backup, ignore_errors=True)
    else:
        os.rename(backup, directory)


def _store(plan_id: str, text: str, facts: dict[str, Any], root: Path) -> None:
    """Write the plan to a temporary directory below `root` and rename it; what it replaces is restored if that fails."""
    directory = root / plan_id
    root.mkdir(exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{plan_id}.", suffix=".part"))
    try:
        source = text.encode("utf-8", "replace")
        (staged / "source.txt").write_bytes(source)
        digest = {"sha256": hashlib.sha256(source).hexdigest()}
        (staged / "plan.toml").write_bytes(_toml(facts | digest).encode("utf-8"))
        staged.chmod(0o755)
        _swap(staged, directory)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _swap(staged: Path, directory: Path) -> None:
    """Rename the new directory of a plan into place. Until then readers find the old one, here or in its backup."""
    if not directory.exists():
        os.rename(staged, directory)
        return
    backup = catalogue.backup_of(directory)
    os.rename(directory, backup)
    try:
        os.rename(staged, directory)
    except BaseException:
        os.rename(backup, directory)
        raise
    shutil.rmtree(backup, ignore_errors=True)
