"""The catalogue of stored plans: resolving names and loading plans by id, year or path.

Bundled plans are in data/, the user's own in the user's data directory (PLANCMP_HOME overrides), in the same layout:
`<id>/source.txt`, `<id>/plan.toml` with the metadata, and stored vectors. A user's plan overrides the bundled one
with the same id.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from .. import json_cache
from ..errors import DocumentError, PlancmpError, UsageError
from ..model import Body, Edition, Leftover, Plan, Section, Source, Task
from ..text import is_address, normalise, printable
from . import editions, overrides

log = logging.getLogger(__name__)

SERIES_OF_YEARS = "promotion"
# Subdirectories of the user's data directory that are not plans.
_RESERVED = frozenset({"decisions", "editions"})
# Names that Windows keeps for devices, with any ending.
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))])
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class PlanName:
    """A resolved plan name: a plan's id, or a file's path or web address; note: what to tell the user where the name was ambiguous."""

    plan_id: str | None = None
    path: Path | str | None = None
    note: str | None = None


def bundled_directory() -> Path:
    """The directory of the bundled plans: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def home() -> Path:
    """The user's data directory, with the user's own plans and decisions."""
    if override := os.environ.get("PLANCMP_HOME"):
        return Path(override)
    from platformdirs import user_data_path

    return user_data_path("plancmp")


def is_plain_id(text: str) -> bool:
    """True for an id that is safe as a directory name on every system: letters, digits, `.`, `_`, `-`, no device's name."""
    return (
        bool(_PLAIN_ID.fullmatch(text))
        and ".." not in text
        and not text.endswith(".")
        and text.casefold() not in _RESERVED
        and text.casefold().partition(".")[0] not in _DEVICES
    )


def directories() -> dict[str, Path]:
    """The directory of every stored plan by id; a user's plan overrides the bundled one with the same id."""
    by_id: dict[str, Path] = {}
    for root in (home(), bundled_directory()):
        try:
            names = sorted(os.listdir(root))
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s cannot be read: %s; what is stored there is left out", printable(str(root)), error.strerror)
            continue
        for name in names:
            plan_id = _backed_up_id(name) or name
            if plan_id not in by_id and (directory := _directory_in(root, plan_id)) is not None:
                by_id[plan_id] = directory
    return by_id


def directory_of(plan_id: str) -> Path | None:
    """The directory of the stored plan with this id, or None."""
    return _directory_in(home(), plan_id) or _directory_in(bundled_directory(), plan_id)


def _directory_in(root: Path, plan_id: str) -> Path | None:
    """Where the plan with this id is below a directory: its own directory, or its backup while it is being replaced."""
    if is_plain_id(plan_id):
        for directory in (root / plan_id, backup_of(root / plan_id)):
            if os.path.isfile(directory / "plan.toml"):
                return directory
    return None


def editions_home() -> Path:
    """The directory of the other editions of plans, in the layout of the user's plans and under the ids of theirs."""
    return home() / "editions"


def edition_directory(plan_id: str) -> Path | None:
    """The directory of the other edition of the plan with this id, or None."""
    return _directory_in(editions_home(), plan_id)


def backup_of(directory: Path) -> Path:
    """Where a plan's directory is moved while it is replaced; there it stays if the replacement is killed."""
    return directory.with_name(f".{directory.name}.old")


def _backed_up_id(name: str) -> str | None:
    """The id of the plan whose backup has this directory name."""
    return name[1:-4] if name.startswith(".") and name.endswith(".old") else None


def file_state(directory: Path) -> str:
    """Path, sizes and modification times of the files of a plan and of its other edition: a different value means the
    plan may have changed.
    """
    own = _states(directory)
    other = edition_directory(_backed_up_id(directory.name) or directory.name)
    return repr((str(directory), own, _states(other)) if other else (str(directory), own))


def _states(directory: Path) -> list[tuple[str, int, int]]:
    states = []
    for name in ("source.txt", "plan.toml"):
        try:
            stat = os.stat(os.path.join(directory, name))
        except OSError:
            continue
        states.append((name, stat.st_size, stat.st_mtime_ns))
    return states


@lru_cache(maxsize=4096)
def _particulars(path: Path, modified: int) -> dict[str, Any]:
    del modified  # part of the key: a changed file is read again
    try:
        return _checked(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DocumentError(
            f"{printable(str(path))}: the plan's particulars are damaged: {printable(str(reason))}",
            f"mend the file, or take the plan out: plancmp remove {_backed_up_id(path.parent.name) or path.parent.name}",
        ) from None


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    """The contents of a plan.toml with texts cleaned of control characters. Raises ValueError with the key at fault."""
    years = facts.get("covers", [0, 0])
    if (
        not isinstance(years, list)
        or len(years) != 2
        or not all(isinstance(year, int) and not isinstance(year, bool) for year in years)
    ):
        raise ValueError("covers must be the first and the last year, such as covers = [2024, 2025]")
    declared = facts.get("declared_tasks", 1)
    if not isinstance(declared, int) or isinstance(declared, bool) or declared < 1:
        raise ValueError("declared_tasks must be a number of tasks, such as declared_tasks = 110")
    issued = facts.get("issued", "")
    if isinstance(issued, datetime) or not isinstance(issued, str | date):
        raise ValueError("issued must be a date, such as issued = 2024-05-16")
    if isinstance(issued, str) and issued:
        try:
            date.fromisoformat(issued)
        except ValueError:
            raise ValueError("issued must be a date, such as issued = 2024-05-16") from None
    if facts.get("language", "en") not in ("en", "zh"):
        raise ValueError('language must be "en" or "zh"')
    overrides.check(facts)
    for key in ("title", "issuer", "series", "grammar", "file", "url", "retrieved", "fetched_sha256", "sha256"):
        if not isinstance(facts.get(key, ""), str):
            raise ValueError(f'{key} must be words in quotation marks: {key} = "…"')
    return {key: normalise(printable(value)) if isinstance(value, str) else value for key, value in facts.items()}


def particulars(directory: Path) -> dict[str, Any]:
    """The contents of plan.toml, checked. Raises DocumentError if it is damaged."""
    path = directory / "plan.toml"
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise DocumentError(
            f"{printable(str(path))}: {error.strerror}", "run `plancmp plans` to see which plans are at hand"
        ) from None
    return _particulars(path, modified)


def _readable(plans: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """The particulars of these plans; a damaged one is left out with a warning, so that it stops no other."""
    readable = {}
    for plan_id, directory in plans.items():
        try:
            readable[plan_id] = particulars(directory)
        except DocumentError as error:
            warn_skipped(plan_id, error)
    return readable


def warn_skipped(plan_id: str, error: PlancmpError) -> None:
    """Log that a damaged plan is left out; the command line shows it as a note."""
    log.warning("%s is left out: %s", plan_id, error.message)


def resolve(name: str) -> PlanName:
    """Resolve a plan name: an id, a year that a plan covers, a path, `-` for stdin, or a web address, which is not fetched
    yet.

    Raises UsageError for a name that matches no plan, or a year that several plans cover.
    """
    plans = directories()
    if name in plans:
        return PlanName(plan_id=name)
    if not name.strip():
        raise UsageError("the name of a plan is empty", _available(plans))
    if name == "-":
        return PlanName(path=Path(name))
    if is_address(name):
        return PlanName(path=name)
    looks_like_path = any(sign in name for sign in (os.sep, "/", "\\")) or bool(re.search(r"\.[A-Za-z]{2,5}$", name))
    if looks_like_path or os.path.exists(name):
        path = Path(name)
        if not os.path.exists(path):
            raise UsageError(f"no such file: {printable(name)}", f"check the path, or name a plan: {_available(plans)}")
        return PlanName(path=path)
    if re.fullmatch(r"\d{4}", name):
        return _by_year(int(name), plans)
    import difflib

    near = difflib.get_close_matches(name, plans, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown plan “{printable(name)}”", hint + _available(plans))


def _available(plans: dict[str, Path]) -> str:
    shown = sorted(plans)
    listed = ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
    return f"plans at hand: {listed or 'none'}"


def _by_year(year: int, plans: dict[str, Path]) -> PlanName:
    covering: dict[str, dict[str, Any]] = {}
    for plan_id, facts in _readable(plans).items():
        first, last = facts.get("covers", (0, 0))
        if first <= year <= last:
            covering[plan_id] = facts
    annual = [plan_id for plan_id, facts in covering.items() if facts.get("series") == SERIES_OF_YEARS]
    chosen = annual or list(covering)
    if len(chosen) == 1:
        note = (
            None
            if annual
            else f"no promotion plan covers {year}; {chosen[0]} does: {covering[chosen[0]].get('title', '')}"
        )
        return PlanName(plan_id=chosen[0], note=note)
    if not chosen:
        raise UsageError(f"no plan at hand covers {year}", _available(plans))
    raise UsageError(f"{year} could mean several plans: {', '.join(sorted(chosen))}", "name one of them by its id")


def load(name: str | os.PathLike[str], *, read_anyway: bool = False, refresh: bool = False) -> Plan:
    """The plan with this id, covering this year, in this file, or at this web address.

    refresh: fetch an address again even if what it held before was kept. Raises UsageError for a name that means nothing
    or too much, DocumentError for a document that cannot be fetched or read or holds no task, or, unless read_anyway,
    was not understood.
    """
    named = resolve(os.fspath(name))
    if named.path is not None:
        return from_file(named.path, read_anyway=read_anyway, refresh=refresh)
    assert named.plan_id is not None
    return stored(named.plan_id)


def stored(plan_id: str, *, alone: bool = False) -> Plan:
    """The bundled or user's plan with this id, its gaps filled from its other edition where that is at hand.

    alone: without the other edition. Raises UsageError if there is none, DocumentError if it is damaged.
    """
    while True:
        directory = directory_of(plan_id)
        if directory is None:
            raise UsageError(f"unknown plan “{printable(plan_id)}”", _available(directories()))
        state = file_state(directory)
        try:
            return _read(plan_id, directory, state, alone)
        except DocumentError:
            # Another process may have replaced the plan between the reading of its two files.
            now = directory_of(plan_id)
            if now is None or file_state(now) == state:
                raise


@lru_cache(maxsize=64)
def _read(plan_id: str, directory: Path, state: str, alone: bool) -> Plan:
    """The plan, its gaps filled from its other edition where there is one. state: a changed plan is read again."""
    del state
    plan = _load_stored(plan_id, directory)
    other = edition_directory(plan_id)
    if alone or other is None:
        return plan
    try:
        return editions.filled(plan, _load_stored(plan_id, other))
    except DocumentError as error:
        log.warning("the other edition of %s is left out: %s", plan_id, error.message)
        return plan


def _load_stored(plan_id: str, directory: Path) -> Plan:
    facts = particulars(directory)
    source = directory / "source.txt"
    try:
        raw = source.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if facts.get("sha256", digest) != digest:
            raise DocumentError(
                f"{printable(str(source))}: the plan's text is not the one that was added: cut or changed",
                f"add it again: plancmp add FILE --id {plan_id} --replace; if the change is meant, delete sha256 in plan.toml",
            )
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise DocumentError(
            f"{printable(str(source))}: the plan's text is missing",
            f"take the plan out and add it again: plancmp remove {plan_id}",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(
            f"{printable(str(source))}: the plan's text is damaged: {error}",
            f"add the plan again: plancmp add FILE --id {plan_id} --replace",
        ) from None
    origin = Source(facts.get("file", f"{plan_id}/source.txt"), facts.get("url"), digest, facts.get("retrieved"))
    key = f"{plan_id}\n{origin}\n{sorted((name, str(value)) for name, value in facts.items())}"
    plan = json_cache.cached(
        "plans", key, lambda: parse_text(text, plan_id, facts, origin), asdict, _whole_plan_from_dict
    )
    if not plan.tasks:
        raise DocumentError(
            f"{printable(str(source))}: no task found in the plan's text",
            f"add the plan again: plancmp add FILE --id {plan_id} --replace",
        )
    return plan


def _whole_plan_from_dict(data: dict[str, Any]) -> Plan:
    return plan_from_dict(data, tuple(map(task_from_dict, data["tasks"])))


def task_from_dict(data: dict[str, Any]) -> Task:
    """A task from the JSON of its own fields."""
    return Task(
        **data
        | {
            "section": tuple(Section(**section) for section in data["section"]),
            "bodies": tuple(Body(**body) for body in data["bodies"]),
            "lines": tuple(data["lines"]),
            "begins": tuple(data["begins"]),
        }
    )


def plan_from_dict(data: dict[str, Any], tasks: Sequence[Task]) -> Plan:
    """A plan from the JSON of its own fields, with these tasks."""
    return Plan(
        **data
        | {
            "covers": tuple(data["covers"]),
            "source": Source(**data["source"]),
            "tasks": tasks,
            "sections": tuple(tuple(Section(**section) for section in path) for path in data["sections"]),
            "missing": tuple(map(tuple, data["missing"])),
            "gaps": tuple(map(tuple, data["gaps"])),
            "leftovers": tuple(Leftover(**left | {"lines": tuple(left["lines"])}) for left in data["leftovers"]),
            "warnings": tuple(data["warnings"]),
            "doubts": tuple(data["doubts"]),
            "other_edition": _edition_from_dict(data["other_edition"]),
        }
    )


def _edition_from_dict(data: dict | None) -> Edition | None:
    return Edition(**data | {"source": Source(**data["source"])}) if data else None


def from_file(
    path: Path | str, plan_id: str | None = None, *, read_anyway: bool = False, refresh: bool = False, **overrides: Any
) -> Plan:
    """Parse a plan from a file or a web address; no plan is stored. overrides take precedence over what the text says.

    Raises DocumentError if the file cannot be read or has no task, and, unless read_anyway, if it was not understood.
    """
    from ..documents import reader
    from . import metadata

    document = reader.read(path, refresh=refresh)
    facts = metadata.guess(document.markdown) | {key: value for key, value in overrides.items() if value is not None}
    plan = parse_text(
        document.markdown,
        plan_id or file_id(path, document.sha256),
        facts,
        Source(reader.shown(path), document.url, document.sha256, document.retrieved),
    )
    if not plan.tasks:
        raise DocumentError(
            f"{reader.shown(path)}: no task found: no numbered items and no paragraphs that end in a responsibility clause",
            f"see what was read with `plancmp check {printable(str(path))}`",
        )
    if not read_anyway:
        refuse_unless_understood(plan, path)
    return plan


# The ids given to files in this process: which document (path and digest) has which.
_file_ids: dict[str, tuple[str, str]] = {}


def file_id(path: Path | str, sha256: str) -> str:
    """The id of a plan parsed from a file or an address: the file's name, made to differ from every other plan's id.

    Two documents loaded in one process never share an id, nor does a document with a stored plan: tasks are named and
    looked up by the plan's id. The same file with the same contents keeps its id.
    """
    if is_address(path):
        path = re.split("[?#]", str(path))[0]
    stem = "stdin" if str(path) == "-" else Path(path).stem
    name = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", printable(stem)))
    # The ids of two plans make the name of a file of decisions, which most systems limit to 255 bytes.
    name = name.encode()[:80].decode(errors="ignore").strip("-.") or "plan"
    if directory_of(name) is not None:
        name += "-file"
    document = (os.path.realpath(path), sha256)
    for number in itertools.count(1):
        candidate = name if number == 1 else f"{name}-{number}"
        if _file_ids.setdefault(candidate.casefold(), document) == document:
            return candidate
    raise AssertionError("unreachable")


def refuse_unless_understood(plan: Plan, path: Path | str) -> None:
    """Raise DocumentError where the plan's document was not understood."""
    from ..documents import reader

    if not plan.understood:
        raise DocumentError(
            f"{reader.shown(path)}: was not understood: {'; '.join(plan.doubts)}",
            f"see what was read with `plancmp check {printable(str(path))}`; --read-anyway overrides",
        )


def parse_text(text: str, plan_id: str, facts: dict[str, Any], source: Source) -> Plan:
    """Parse a plan's text with its metadata; empty or missing metadata gets the parser's defaults."""
    given = {
        key: facts[key]
        for key in ("title", "issuer", "series", "language", "declared_tasks", "grammar", "task_starts", "splits")
        if facts.get(key) not in (None, "")
    }
    from . import parser

    covers = tuple(facts.get("covers", ())) or (0, 0)
    return parser.parse(
        text,
        plan_id,
        issued=str(facts.get("issued", "")),
        covers=(int(covers[0]), int(covers[-1])),
        source=source,
        **given,
    )


def neighbours(plan: Plan) -> tuple[Plan | None, Plan | None]:
    """The plans before and after this one in its series, by date of issue; None where there is none."""
    if not plan.series:
        return None, None
    series = []
    for plan_id, facts in _readable(directories()).items():
        if facts.get("series") == plan.series and plan_id != plan.id:
            series.append((str(facts.get("issued", "")), plan_id))
    before = max((entry for entry in series if entry[0] <= plan.issued), default=None)
    after = min((entry for entry in series if entry[0] > plan.issued), default=None)
    return (stored(before[1]) if before else None), (stored(after[1]) if after else None)


def stated(plan: Plan, key: str) -> str:
    """What plan.toml says under a key (`translated_by`, `published`); "" for a plan from a file and where it is silent."""
    directory = vector_store(plan)
    return str(particulars(directory).get(key) or "") if directory else ""


def vector_store(plan: Plan) -> Path | None:
    """The directory of the plan's stored vectors, or None for a plan from a file."""
    directory = directory_of(plan.id)
    return (
        directory
        if directory is not None
        and plan.source.file in (f"{plan.id}/source.txt", str(particulars(directory).get("file")))
        else None
    )


def find_task(name: str) -> tuple[Plan, Task]:
    """The task named `PLAN:NUMBER`. Raises UsageError if there is none, naming similar ones."""
    plan_name, _, number = name.rpartition(":")
    if not plan_name or not number:
        raise UsageError(
            f"“{printable(name)}” does not name a task", "write PLAN:NUMBER, for example 2024:31 or 14fyp:4.2"
        )
    plan = load(plan_name)
    task = plan.task(normalise(number))
    if task is None:
        import difflib

        numbers = [t.number for t in plan.tasks]
        gap = next(
            (
                f"; tasks {a} to {b} are missing from the text"
                for a, b in plan.missing
                if number.isdigit() and a <= int(number) <= b
            ),
            "",
        )
        near = difflib.get_close_matches(number, numbers, n=3, cutoff=0.3)
        raise UsageError(
            f"{plan.id} has no task “{printable(number)}”{gap}",
            f"it has {numbers[0]} to {numbers[-1]}"
            + (f"; near: {', '.join(near)}" if near else "")
            + f" (plancmp tasks {plan.id})",
        )
    return plan, task
