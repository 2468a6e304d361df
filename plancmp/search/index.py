"""Where words stand in all plans at hand: an index that is brought up to date by what has changed since the last time.

One SQLite file in the user's cache directory holds each plan without its tasks, each task with its line of stems, and for
each key (query.keys) the tasks that have it. What is worked out from plans is kept beside them and goes with them: the
links of two plans, and the vectors of a plan's tasks. The file belongs to one state of the program and its lexicons. A
damaged one counts as absent and is made anew; where none can be written, the index is made in memory. A plan is written
in one transaction, so that two processes at once do no harm and an interrupted one loses one plan at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, overload

from .. import json_cache
from ..errors import PlancmpError, UsageError
from ..model import Plan, Task
from ..plans import catalogue
from . import query

T = TypeVar("T")
# What is being done, how much of it is done, and how much there is.
Working = Callable[[str, int, int], None]

_TABLES = (
    """CREATE TABLE plans (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, fresh TEXT, said TEXT, issued TEXT, series TEXT,
        language TEXT, count INTEGER, cut INTEGER, head TEXT, last TEXT
    )""",
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, ref TEXT, line TEXT, data TEXT, offsets BLOB)",
    "CREATE INDEX tasks_by_ref ON tasks (ref)",
    "CREATE TABLE keys (key TEXT, plan INTEGER, places BLOB, PRIMARY KEY (key, plan)) WITHOUT ROWID",
    "CREATE TABLE links (old INTEGER, new INTEGER, model TEXT, decisions TEXT, data TEXT, PRIMARY KEY (old, new, model))",
    "CREATE INDEX links_by_new ON links (new)",
    "CREATE TABLE meaning (plan INTEGER, model TEXT, count INTEGER, total BLOB, owner BLOB, vectors BLOB, PRIMARY KEY (plan, model))",
)
# So many tasks are read by one statement.
_TASKS_PER_QUERY = 500
# A task's id is its plan's number and its place in the plan.
_IDS_PER_PLAN = 1 << 20
# How long to wait for another process that writes, in seconds.
_LOCK_TIMEOUT_S = 60
# What keeps the file from being used without anything being wrong with it.
_NOT_DAMAGE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
}  # fmt: skip


class Tasks(Sequence[Task]):
    """The tasks of a plan at hand, read when asked for. The last, as JSON, is known: what is said of a gap names it."""

    def __init__(self, plan_id: str, sha256: str, count: int, last: str) -> None:
        self._plan = (plan_id, sha256)
        self._count, self._last = count, last

    @cached_property
    def _all(self) -> tuple[Task, ...]:
        plan = catalogue.stored(self._plan[0])
        if plan.source.sha256 != self._plan[1]:
            raise UsageError(f"{plan.id} has changed since it was searched", "search again")
        return tuple(plan.tasks)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Task: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Task]: ...
    def __getitem__(self, place: int | slice) -> Task | Sequence[Task]:
        return _task(self._last) if place in (-1, self._count - 1) else self._all[place]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Tasks) and self._plan == other._plan:
            return True
        return self._all == tuple(other) if isinstance(other, (Tasks, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A plan in the index. cut: its text is incomplete, so that its silence proves nothing."""

    number: int
    id: str
    series: str
    language: str
    cut: bool


@dataclass(frozen=True, slots=True)
class IndexedTask:
    """A task that has what was looked for, with its line of stems and their offsets."""

    plan: PlanEntry
    line: str
    offsets: bytes
    data: str

    def read(self) -> tuple[Task, query.Text]:
        task = _task(self.data)
        offsets = array("I")
        offsets.frombytes(self.offsets)
        return task, query.Text(task.full_text, self.line, offsets)


def ask(work: Callable[[Index], T], working: Working | None = None) -> T:
    """What `work` makes of the index, brought up to date. It is called again where the file turns out to be damaged.

    Raises what `work` raises.
    """
    path = _path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        try:
            return _asked(path, work, working)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGE:
                break
            with contextlib.suppress(OSError):
                path.unlink()
    return _asked(":memory:", work, working)


def _asked(place: str | Path, work: Callable[[Index], T], working: Working | None) -> T:
    with contextlib.closing(Index(place, working)) as index:
        return work(index)


def _path() -> Path:
    """The index of one's own and the bundled plans, for this state of the program."""
    places, state = (
        hashlib.sha256(text.encode()).hexdigest()[:16]
        for text in (
            f"{catalogue.home().absolute()}\n{catalogue.bundled_directory()}",
            json_cache.program_fingerprint(),
        )
    )
    return json_cache.cache_directory() / "index" / f"{places}-{state}.sqlite"


class Index:
    """The plans at hand and where words stand in them.

    plans: oldest first. damaged: for each plan that cannot be read the error that says why.
    """

    def __init__(self, place: str | Path, working: Working | None = None) -> None:
        self._db = sqlite3.connect(place, timeout=_LOCK_TIMEOUT_S, isolation_level=None)
        self._heads: dict[int, Plan] = {}
        self.damaged: dict[str, PlancmpError] = {}
        self.plans: tuple[PlanEntry, ...] = ()
        try:
            # What an index loses when the power fails is made again.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA cache_size = -16000")
            self._create_tables(place)
            self._refresh(working)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    # ---------------------------------------------------------------- bringing up to date

    def _create_tables(self, place: str | Path) -> None:
        """Make the tables of a new file; those of former states of the program are removed."""
        missing = "SELECT count(*) = 0 FROM sqlite_master"
        if not self._one(missing):
            return
        with self._writing():
            if self._one(missing):
                for table in _TABLES:
                    self._db.execute(table)
        if isinstance(place, Path):
            for other in place.parent.glob(f"{place.name.partition('-')[0]}-*"):
                if not other.name.startswith(place.name):
                    with contextlib.suppress(OSError):
                        other.unlink()

    def _refresh(self, working: Working | None) -> None:
        """Take in new and changed plans, take out those that are gone; the others are not read."""
        at_hand = {name: catalogue.file_state(directory) for name, directory in catalogue.directories().items()}
        known = dict(self._db.execute("SELECT name, fresh FROM plans"))
        for name in known.keys() - at_hand.keys():
            with self._writing():
                self._remove(name)
        changed = [name for name, fresh in at_hand.items() if known.get(name) != fresh]
        for done, name in enumerate(changed):
            if working:
                working("reading plans", done, len(changed))
            # Another process may have read it meanwhile.
            if self._one("SELECT fresh FROM plans WHERE name = ?", name) == at_hand[name]:
                continue
            try:
                plan = catalogue.stored(name)
            except PlancmpError as error:
                self.damaged[name] = error
                if name in known:
                    with self._writing():
                        self._remove(name)
                continue
            self._put(plan, at_hand[name])
        if working and changed:
            working("reading plans", len(changed), len(changed))
        self._list()

    def _list(self) -> None:
        rows = self._db.execute("SELECT id, name, series, language, cut FROM plans ORDER BY issued, name")
        self.plans = tuple(PlanEntry(*row) for row in rows)

    def _put(self, plan: Plan, fresh: str) -> None:
        """Take a plan in, in the place of the one with its id. Where that says the same, what rests on it is kept."""
        head = _json(asdict(replace(plan, tasks=())))
        tasks = [(task, query.Text(task.full_text)) for task in plan.tasks]
        data = [_json(asdict(task)) for task in plan.tasks]
        said = hashlib.sha256("\n".join((head, *data)).encode("utf-8", "replace")).hexdigest()
        places: dict[str, int] = {}
        for place, (task, text) in enumerate(tasks):
            for key in query.keys(task, text):
                places[key] = places.get(key, 0) | 1 << place
        cut = not plan.whole or not all(task.complete for task in plan.tasks)
        with self._writing():
            if self._one("SELECT said FROM plans WHERE name = ?", plan.id) == said:
                self._db.execute("UPDATE plans SET fresh = ? WHERE name = ?", (fresh, plan.id))
                return
            self._remove(plan.id)
            row = (
                plan.id, fresh, said, plan.issued, plan.series, plan.language, len(tasks), cut, head, data[-1] if data else "",
            )  # fmt: skip
            number = self._db.execute(
                "INSERT INTO plans (name, fresh, said, issued, series, language, count, cut, head, last)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            assert number is not None
            self._db.executemany(
                "INSERT INTO tasks VALUES (?, ?, ?, ?, ?)",
                (
                    (number * _IDS_PER_PLAN + place, task.ref, text.line, data[place], text.offsets.tobytes())
                    for place, (task, text) in enumerate(tasks)
                ),
            )
            self._db.executemany(
                "INSERT INTO keys VALUES (?, ?, ?)",
                ((key, number, _bytes(found)) for key, found in sorted(places.items())),
            )

    def _remove(self, name: str) -> None:
        """Take a plan out, with all that rests on it."""
        number = self._one("SELECT id FROM plans WHERE name = ?", name)
        if number is None:
            return
        bounds = (number * _IDS_PER_PLAN, (number + 1) * _IDS_PER_PLAN - 1)
        keys: set[str] = set()
        for (data,) in self._db.execute("SELECT data FROM tasks WHERE id BETWEEN ? AND ?", bounds):
            task = _task(data)
            keys |= query.keys(task, query.Text(task.full_text))
        self._db.executemany("DELETE FROM keys WHERE key = ? AND plan = ?", ((key, number) for key in sorted(keys)))
        self._db.execute("DELETE FROM tasks WHERE id BETWEEN ? AND ?", bounds)
        for table, column in (("links", "old"), ("links", "new"), ("meaning", "plan"), ("plans", "id")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; inside another one it is a part of that."""
        nested = self._db.in_transaction
        self._db.execute("SAVEPOINT part" if nested else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A failing disk may have ended the transaction already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO part" if nested else "ROLLBACK")
            raise
        self._db.execute("RELEASE part" if nested else "COMMIT")

    def _one(self, statement: str, *values: Any) -> Any:
        """The first value of the first row, None without a row."""
        row = self._db.execute(statement, values).fetchone()
        return row[0] if row else None

    # ---------------------------------------------------------------- reading

    def head(self, plan: PlanEntry) -> Plan:
        """The plan; its tasks are read when they are asked for."""
        if plan.number not in self._heads:
            row = self._db.execute("SELECT head, count, last FROM plans WHERE id = ?", (plan.number,)).fetchone()
            if row is None:
                raise UsageError(f"{plan.id} was taken out while it was searched", "search again")
            data = _loaded(row[0])
            tasks = Tasks(plan.id, data["source"]["sha256"], row[1], row[2])
            self._heads[plan.number] = catalogue.plan_from_dict(data, tasks)
        return self._heads[plan.number]

    def has(self, key: str) -> bool:
        """True where any task of any plan has this key."""
        return self._one("SELECT 1 FROM keys WHERE key = ? LIMIT 1", key) is not None

    def having(self, needs: Sequence[query.Needs], possible: Callable[[str], bool]) -> list[IndexedTask]:
        """The tasks that have what is needed, plan by plan and in order of the document.

        needs: each to be met. possible: whether a task with this line of stems is wanted at all.
        """
        found: list[IndexedTask] = []
        # In one transaction, so that no plan is replaced between its keys and its tasks.
        with self._reading():
            places = self._places(needs)
            for plan in self.plans:
                wanted = [plan.number * _IDS_PER_PLAN + place for place in _bits(places.get(plan.number, 0))]
                for start in range(0, len(wanted), _TASKS_PER_QUERY):
                    ids = wanted[start : start + _TASKS_PER_QUERY]
                    rows = self._db.execute(
                        f"SELECT line, offsets, data FROM tasks WHERE id IN ({','.join(map(str, ids))}) ORDER BY id"
                    ).fetchall()
                    if len(rows) != len(ids):
                        raise sqlite3.DatabaseError("the index is damaged: a task is missing")
                    found += [IndexedTask(plan, *row) for row in rows if possible(row[0])]
        return found

    def _places(self, needs: Sequence[query.Needs]) -> dict[int, int]:
        """For each plan's number the places of the tasks that meet all needs, as bits."""
        known: dict[str, dict[int, int]] = {}

        def having(key: str) -> dict[int, int]:
            if key not in known:
                rows = self._db.execute("SELECT plan, places FROM keys WHERE key = ?", (key,))
                known[key] = {plan: int.from_bytes(places, "little") for plan, places in rows}
            return known[key]

        meeting: dict[int, int] | None = None
        for need in needs:
            either: dict[int, int] = {}
            for keys in need:
                for plan, bits in _common([having(key) for key in keys]).items():
                    either[plan] = either.get(plan, 0) | bits
            meeting = either if meeting is None else _common([meeting, either])
        return meeting or {}

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        self._db.execute("SAVEPOINT reading")
        try:
            yield
        finally:
            self._db.execute("RELEASE reading")

    def named(self, refs: Iterable[str]) -> list[tuple[PlanEntry, Task]]:
        """The tasks with these names, as far as they are at hand, in order of the plans."""
        rows = [self._db.execute("SELECT id, data FROM tasks WHERE ref = ?", (ref,)).fetchone() for ref in refs]
        found = {row[0]: row[1] for row in rows if row}
        by_plan: dict[int, list[int]] = {}
        for number in sorted(found):
            by_plan.setdefault(number // _IDS_PER_PLAN, []).append(number)
        return [(plan, _task(found[number])) for plan in self.plans for number in by_plan.get(plan.number, ())]

    def task(self, plan: PlanEntry, place: int) -> Task:
        """The task at this place of a plan. Raises UsageError where another process has taken the plan out."""
        data = self._one("SELECT data FROM tasks WHERE id = ?", plan.number * _IDS_PER_PLAN + place)
        if data is None:
            raise UsageError(f"{plan.id} was taken out while it was searched", "search again")
        return _task(data)

    @contextlib.contextmanager
    def beside(self, plan: Plan) -> Iterator[None]:
        """For a while the index has this plan too, in the place of the one with its id; nothing of that is kept."""
        before = self.plans
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._put(plan, "")
            self._list()
            yield
        finally:
            self._db.execute("ROLLBACK")
            self.plans = before
            self._heads.clear()

    # ---------------------------------------------------------------- what is worked out from plans

    def links_known(self, model: str) -> dict[tuple[int, int], str]:
        """For the plans that have been compared, by their numbers: the decisions that their links rest on."""
        rows = self._db.execute("SELECT old, new, decisions FROM links WHERE model = ?", (model,))
        return {(old, new): decisions for old, new, decisions in rows}

    def links(self, old: int, new: int, model: str) -> Any:
        """What was kept of the comparison of two plans, as JSON values; None where nothing was."""
        data = self._one("SELECT data FROM links WHERE old = ? AND new = ? AND model = ?", old, new, model)
        return None if data is None else _loaded(data)

    def keep_links(self, old: int, new: int, model: str, decisions: str, data: Any) -> None:
        row = (old, new, model, decisions, _json(data))
        self._db.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?)", row)

    def sums(self, model: str) -> dict[int, tuple[int, bytes]]:
        """For each plan with vectors of this model: how many texts have one, and the sum of these as float64."""
        rows = self._db.execute("SELECT plan, count, total FROM meaning WHERE model = ?", (model,))
        return {plan: (count, total) for plan, count, total in rows}

    def vectors(self, plan: int, model: str) -> tuple[bytes, bytes]:
        """The last two values that `keep_vectors` was given for this plan."""
        row = self._db.execute(
            "SELECT owner, vectors FROM meaning WHERE plan = ? AND model = ?", (plan, model)
        ).fetchone()
        if row is None:
            raise UsageError("a plan was taken out while it was searched", "search again")
        return row

    def keep_vectors(self, plan: int, model: str, count: int, total: bytes, owner: bytes, vectors: bytes) -> None:
        row = (plan, model, count, total, owner, vectors)
        self._db.execute("INSERT OR REPLACE INTO meaning VALUES (?, ?, ?, ?, ?, ?)", row)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise sqlite3.DatabaseError(f"the index is damaged: {error}") from error


def _task(data: str) -> Task:
    return catalogue.task_from_dict(_loaded(data))


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _bits(bits: int) -> Iterator[int]:
    """The places of the bits that are set, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _common(sets: Sequence[dict[int, int]]) -> dict[int, int]:
    """For each plan what all the sets of places share, the smallest looked through."""
    smallest, *others = sorted(sets, key=len)
    for other in others:
        smallest = {plan: both for plan, bits in smallest.items() if (both := bits & other.get(plan, 0))}
    return smallest
