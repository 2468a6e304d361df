"""Which plans there are, how they are named, and reading them: the only reader of input.

Bundled plans stand under data/, one's own in the user's data directory (PLANCMP_HOME overrides) in the same form:
`<id>/source.txt`, `<id>/plan.toml` with the particulars, and stored vectors. A plan of one's own with the id of a
bundled one goes before it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from .. import json_cache
from ..errors import DocumentError, UsageError
from ..model import Body, Leftover, Plan, Section, Source, Task
from ..text import normalise, printable

SERIES_OF_YEARS = "promotion"
# Folders of the user's data directory that are no plans.
_RESERVED = frozenset({"decisions"})
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class PlanName:
    """What a name on the command line means: a plan's id or a file's path, and a note where that was not plain."""

    plan_id: str | None = None
    path: Path | None = None
    note: str | None = None


def bundled_directory() -> Path:
    """The plans that come with the program: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def home() -> Path:
    """Where one's own plans are kept."""
    if override := os.environ.get("PLANCMP_HOME"):
        return Path(override)
    from platformdirs import user_data_path

    return user_data_path("plancmp")


def is_plain_id(text: str) -> bool:
    """True for an id that is safe as a directory name: letters, digits, `.`, `_`, `-`, none of them leading to a parent."""
    return bool(_PLAIN_ID.fullmatch(text)) and ".." not in text and text.casefold() not in _RESERVED


def directories() -> dict[str, Path]:
    """The directory of every plan at hand by id, one's own before bundled ones of the same id."""
    found: dict[str, Path] = {}
    for root in (home(), bundled_directory()):
        try:
            entries = sorted(
                path for path in root.iterdir() if (path / "plan.toml").is_file() and is_plain_id(path.name)
            )
        except OSError:
            continue
        for path in entries:
            found.setdefault(path.name, path)
    return found


def directory_of(plan_id: str) -> Path | None:
    """The directory of the plan at hand with this id, or None."""
    for root in (home(), bundled_directory()):
        if is_plain_id(plan_id) and (root / plan_id / "plan.toml").is_file():
            return root / plan_id
    return None


def freshness(directory: Path) -> str:
    """Size and time of the plan's two files: another value means that the plan may have changed."""
    found = []
    for name in ("source.txt", "plan.toml"):
        try:
            facts = os.stat(os.path.join(directory, name))
        except OSError:
            continue
        found.append((name, facts.st_size, facts.st_mtime_ns))
    return repr((str(directory), found))


@lru_cache(maxsize=4096)
def _particulars(path: Path, modified: int) -> dict:
    del modified  # part of the key: a changed file is read again
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(
            f"{path}: the plan's particulars are damaged: {printable(str(error))}",
            f"mend the file, or take the plan out: plancmp remove {path.parent.name}",
        ) from None


def particulars(directory: Path) -> dict:
    """What plan.toml says. Raises DocumentError where it is damaged."""
    path = directory / "plan.toml"
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}", "run `plancmp plans` to see which plans are at hand") from None
    return _particulars(path, modified)


def resolve(name: str) -> PlanName:
    """What `name` means: an id, a year that a plan covers, or a path.

    Raises UsageError where nothing, or more than one plan, is meant.
    """
    plans = directories()
    if name in plans:
        return PlanName(plan_id=name)
    if not name.strip():
        raise UsageError("the name of a plan is empty", _known(plans))
    looks_like_path = any(sign in name for sign in (os.sep, "/", "\\")) or bool(re.search(r"\.[A-Za-z]{2,5}$", name))
    if looks_like_path or Path(name).exists():
        path = Path(name)
        if not path.exists():
            raise UsageError(f"no such file: {printable(name)}", f"check the path, or name a plan: {_known(plans)}")
        return PlanName(path=path)
    if re.fullmatch(r"\d{4}", name):
        return _by_year(int(name), plans)
    import difflib

    near = difflib.get_close_matches(name, plans, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown plan “{printable(name)}”", hint + _known(plans))


def _known(plans: dict[str, Path]) -> str:
    shown = sorted(plans)
    listed = ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
    return f"plans at hand: {listed or 'none'}"


def _by_year(year: int, plans: dict[str, Path]) -> PlanName:
    covering: dict[str, dict] = {}
    for plan_id, directory in plans.items():
        facts = particulars(directory)
        first, last = (*facts.get("covers", (0, 0)),)[:2]
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
        raise UsageError(f"no plan at hand covers {year}", _known(plans))
    raise UsageError(f"{year} could mean several plans: {', '.join(sorted(chosen))}", "name one of them by its id")


def load(name: str | os.PathLike[str], *, read_anyway: bool = False) -> Plan:
    """The plan with this id, covering this year, or in this file.

    Raises UsageError for a name that means nothing or too much, DocumentError for a document that cannot be read or
    holds no task, or, unless read_anyway, was not understood.
    """
    named = resolve(os.fspath(name))
    if named.path is not None:
        return from_file(named.path, read_anyway=read_anyway)
    assert named.plan_id is not None
    return stored(named.plan_id)


def stored(plan_id: str) -> Plan:
    """The bundled or stored plan with this id. Raises UsageError where there is none."""
    directory = directory_of(plan_id)
    if directory is None:
        raise UsageError(f"unknown plan “{printable(plan_id)}”", _known(directories()))
    return _stored(plan_id, directory, freshness(directory))


@lru_cache(maxsize=64)
def _stored(plan_id: str, directory: Path, fresh: str) -> Plan:
    del fresh  # part of the key: a changed plan is read again
    facts = particulars(directory)
    source = directory / "source.txt"
    try:
        raw = source.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise DocumentError(
            f"{source}: the plan's text is missing", f"take the plan out and add it again: plancmp remove {plan_id}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(
            f"{source}: the plan's text is damaged: {error}",
            f"add the plan again: plancmp add FILE --id {plan_id} --replace",
        ) from None
    origin = Source(
        str(facts.get("file", f"{directory.name}/source.txt")), facts.get("url"), hashlib.sha256(raw).hexdigest()
    )
    key = f"{plan_id}\n{origin}\n{sorted((name, str(value)) for name, value in facts.items())}"
    plan = json_cache.cached("plans", key, lambda: _parsed(text, plan_id, facts, origin), asdict, _revived)
    if not plan.tasks:
        raise DocumentError(
            f"{source}: no task found in the plan's text",
            f"add the plan again: plancmp add FILE --id {plan_id} --replace",
        )
    return plan


def _revived(data: dict) -> Plan:
    return head_of(data, tuple(map(task_of, data["tasks"])))


def task_of(data: dict) -> Task:
    """A task from the JSON of its own fields."""
    return Task(
        **data
        | {
            "section": tuple(Section(**section) for section in data["section"]),
            "bodies": tuple(Body(**body) for body in data["bodies"]),
            "lines": tuple(data["lines"]),
        }
    )


def head_of(data: dict, tasks: Sequence[Task]) -> Plan:
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
        }
    )


def from_file(path: Path, plan_id: str | None = None, *, read_anyway: bool = False, **overrides) -> Plan:
    """A plan parsed on the spot from a file; nothing is stored. overrides go before what is guessed from the text.

    Raises DocumentError where the file cannot be read or holds no task, and, unless read_anyway, where it was not
    understood.
    """
    from ..documents import reader
    from . import metadata as guessing

    document = reader.read(path)
    facts = guessing.guess(document.markdown) | {key: value for key, value in overrides.items() if value is not None}
    name = plan_id or re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-.")[:64] or "plan"
    plan = _parsed(document.markdown, name, facts, Source(printable(str(path)), None, document.sha256))
    if not plan.tasks:
        raise DocumentError(
            f"{printable(str(path))}: no task found: no numbered items and no paragraphs that end in a responsibility clause",
            f"see what was read with `plancmp check {printable(str(path))}`",
        )
    if not read_anyway:
        refuse_unless_understood(plan, path)
    return plan


def refuse_unless_understood(plan: Plan, path: Path) -> None:
    """Raise DocumentError where the plan's document was not understood."""
    if not plan.understood:
        raise DocumentError(
            f"{printable(str(path))}: was not understood: {'; '.join(plan.doubts)}",
            f"see what was read with `plancmp check {printable(str(path))}`; --read-anyway overrides",
        )


def _parsed(text: str, plan_id: str, facts: dict, source: Source) -> Plan:
    known = {
        key: facts[key]
        for key in ("title", "issuer", "series", "language", "declared_tasks", "grammar", "task_starts")
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
        **known,
    )


def neighbours(plan: Plan) -> tuple[Plan | None, Plan | None]:
    """The plans before and after this one in its series, by date of issue."""
    if not plan.series:
        return None, None
    family = []
    for plan_id, directory in directories().items():
        facts = particulars(directory)
        if facts.get("series") == plan.series and plan_id != plan.id:
            family.append((str(facts.get("issued", "")), plan_id))
    before = max((entry for entry in family if entry[0] <= plan.issued), default=None)
    after = min((entry for entry in family if entry[0] > plan.issued), default=None)
    return (stored(before[1]) if before else None), (stored(after[1]) if after else None)


def vector_store(plan: Plan) -> Path | None:
    """The directory with the plan's stored vectors, or None for a plan from a file."""
    directory = directory_of(plan.id)
    return (
        directory
        if directory is not None
        and plan.source.file in (f"{plan.id}/source.txt", str(particulars(directory).get("file")))
        else None
    )


def find_task(name: str) -> tuple[Plan, Task]:
    """The task named `PLAN:NUMBER`. Raises UsageError where there is none, naming the nearest."""
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
