"""Inverted index of all plans, updated incrementally.

One SQLite file in the user's cache directory holds each plan without its tasks, each task with its line of stems, and for
each key (query.keys) the tasks that have it. Results computed from plans are stored and removed with them: the links of
two plans, and the vectors of a plan's tasks. The file belongs to one state of the program and its lexicons. Every row
carries a checksum, and the vocabulary counts the rows of each key, so that neither a changed nor a lost row passes for an
answer: a damaged file counts as absent and is rebuilt. Where none can be written, the index is built in memory. A plan is
written in one transaction, so that concurrent processes do no harm and an interrupted one loses one plan at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import sqlite3
import zlib
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
from .stems import StemmedText, words_of

T = TypeVar("T")
# Called with the stage, the number of steps done, and the number of all steps.
StageProgress = Callable[[str, int, int], None]

_TABLES = (
    """CREATE TABLE plans (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, freshness TEXT, content_digest TEXT, issued TEXT, series TEXT,
        language TEXT, count INTEGER, cut INTEGER, head TEXT, last TEXT, listed INTEGER, digest INTEGER
    )""",
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, ref TEXT, line TEXT, data TEXT, offsets BLOB, digest INTEGER)",
    "CREATE INDEX tasks_by_ref ON tasks (ref)",
    "CREATE TABLE keys (key TEXT, plan INTEGER, positions BLOB, digest INTEGER, PRIMARY KEY (key, plan)) WITHOUT ROWID",
    "CREATE TABLE vocabulary (key TEXT PRIMARY KEY, plans INTEGER, digest INTEGER) WITHOUT ROWID",
    """CREATE TABLE links (
        old INTEGER, new INTEGER, model TEXT, decisions TEXT, data TEXT, digest INTEGER, PRIMARY KEY (old, new, model)
    )""",
    "CREATE INDEX links_by_new ON links (new)",
    """CREATE TABLE vectors (
        plan INTEGER, model TEXT, count INTEGER, total BLOB, owner BLOB, vectors BLOB, summed INTEGER, digest INTEGER,
        PRIMARY KEY (plan, model)
    )""",
)
# Number of tasks read by one statement.
_TASKS_PER_QUERY = 500
# A task's id is its plan's number and its position in the plan.
_IDS_PER_PLAN = 1 << 20
# How long to wait for another process that writes.
_LOCK_TIMEOUT_S = 60
# Errors that keep the file from being used although it is not damaged.
_ACCESS_ERRORS = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
}  # fmt: skip


class LazyTasks(Sequence[Task]):
    """The tasks of a stored plan, read on first use. The last is given as JSON, because the text on a gap names it."""

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
    def __getitem__(self, position: int) -> Task: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Task]: ...
    def __getitem__(self, position: int | slice) -> Task | Sequence[Task]:
        return _task(self._last) if position in (-1, self._count - 1) else self._all[position]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyTasks) and self._plan == other._plan:
            return True
        return self._all == tuple(other) if isinstance(other, (LazyTasks, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A plan in the index. cut: its text is incomplete, so that the lack of a match proves nothing. count: of its tasks."""

    number: int
    id: str
    series: str
    language: str
    cut: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class IndexedTask:
    """A candidate task with its line of stems and their offsets. id: orders the tasks of a plan. data: the task as JSON."""

    plan: PlanEntry
    id: int
    line: str
    offsets: bytes
    data: str

    def read(self) -> tuple[Task, StemmedText]:
        task = _task(self.data)
        offsets = array("I")
        offsets.frombytes(self.offsets)
        return task, StemmedText(task.full_text, self.line, offsets)


def with_index(work: Callable[[Index], T], working: StageProgress | None = None) -> T:
    """Return `work(index)` for an index that is up to date. `work` runs again where the file turns out to be damaged.

    Raises what `work` raises.
    """
    path = _path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        try:
            return _run(path, work, working)
        # An error that quotes bytes of a damaged file comes as one of decoding.
        except (sqlite3.Error, UnicodeDecodeError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            # A damaged header, too, makes SQLite refuse to write.
            if code in _ACCESS_ERRORS and not (code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK)):
                break
            with contextlib.suppress(OSError):
                path.unlink()
    return _run(":memory:", work, working)


def _run(path: str | Path, work: Callable[[Index], T], working: StageProgress | None) -> T:
    with contextlib.closing(Index(path, working)) as index:
        return work(index)


def _path() -> Path:
    """The index file of the user's and the bundled plans, for this state of the program."""
    plans, state = (
        hashlib.sha256(text.encode()).hexdigest()[:16]
        for text in (
            f"{catalogue.home().absolute()}\n{catalogue.bundled_directory()}",
            json_cache.program_fingerprint(),
        )
    )
    return json_cache.cache_directory() / "index" / f"{plans}-{state}.sqlite"


class Index:
    """The stored plans and the postings of their tasks.

    plans: oldest first. damaged: for each plan that cannot be read the error that says why.
    """

    def __init__(self, path: str | Path, working: StageProgress | None = None) -> None:
        self._db = sqlite3.connect(path, timeout=_LOCK_TIMEOUT_S, isolation_level=None)
        self._heads: dict[int, Plan] = {}
        self.damaged: dict[str, PlancmpError] = {}
        self.plans: tuple[PlanEntry, ...] = ()
        try:
            # What an index loses when the power fails is rebuilt.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA cache_size = -16000")
            self._create_tables(path)
            self._refresh(working)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    def _create_tables(self, path: str | Path) -> None:
        """Create the tables of a new file and remove the files of former states of the program."""
        missing = "SELECT count(*) = 0 FROM sqlite_master"
        if not self._value(missing):
            return
        with self._writing():
            if self._value(missing):
                for table in _TABLES:
                    self._db.execute(table)
        if isinstance(path, Path):
            for other in path.parent.glob(f"{path.name.partition('-')[0]}-*"):
                if not other.name.startswith(path.name):
                    with contextlib.suppress(OSError):
                        other.unlink()

    def _refresh(self, working: StageProgress | None) -> None:
        """Insert new and changed plans and remove those that are gone; the others are not read."""
        present = {name: catalogue.file_state(directory) for name, directory in catalogue.directories().items()}
        known = {row[1]: row[2] for row in self._plan_rows()}
        for name in known.keys() - present.keys():
            with self._writing():
                self._remove(name)
        changed = [name for name, freshness in present.items() if known.get(name) != freshness]
        for done, name in enumerate(changed):
            if working:
                working("reading plans", done, len(changed))
            # Another process may have read it meanwhile.
            if self._value("SELECT freshness FROM plans WHERE name = ?", name) == present[name]:
                continue
            try:
                plan = catalogue.stored(name)
            except PlancmpError as error:
                self.damaged[name] = error
                if name in known:
                    with self._writing():
                        self._remove(name)
                continue
            self._insert(plan, present[name])
        if working and changed:
            working("reading plans", len(changed), len(changed))
        self._load_plans()

    def _load_plans(self) -> None:
        self.plans = tuple(
            PlanEntry(number, name, series, language, bool(cut), count)
            for number, name, _, _, _, series, language, cut, count in self._plan_rows()
        )

    def _plan_rows(self) -> list[tuple[Any, ...]]:
        """The columns id, name, freshness, content_digest, issued, series, language, cut and count, oldest plan first."""
        rows = self._db.execute(
            "SELECT listed, id, name, freshness, content_digest, issued, series, language, cut, count"
            " FROM plans ORDER BY issued, name"
        )
        checked = [_checked(*row) for row in rows]
        if len({row[1] for row in checked}) < len(checked):
            raise _damage("a plan is listed twice")
        return checked

    def _insert(self, plan: Plan, freshness: str) -> None:
        """Insert a plan or replace the one with its id. Where the content is the same, results computed from it stay."""
        head = _json(asdict(replace(plan, tasks=())))
        tasks = [(task, StemmedText(task.full_text)) for task in plan.tasks]
        data = [_json(asdict(task)) for task in plan.tasks]
        content_digest = hashlib.sha256("\n".join((head, *data)).encode("utf-8", "replace")).hexdigest()
        positions: dict[str, int] = {}
        vocabulary = {_word_key(word) for _, text in tasks for word in words_of(text.text)}
        for position, (task, text) in enumerate(tasks):
            for key in query.keys(task, text):
                positions[key] = positions.get(key, 0) | 1 << position
        cut = int(not plan.whole or not all(task.complete for task in plan.tasks))
        last = data[-1] if data else ""
        facts = (content_digest, plan.issued, plan.series, plan.language, cut, len(tasks))
        with self._writing():
            number = self._value("SELECT id FROM plans WHERE name = ? AND content_digest = ?", plan.id, content_digest)
            if number is not None:
                listed = _digest(number, plan.id, freshness, *facts)
                self._db.execute("UPDATE plans SET freshness = ?, listed = ? WHERE id = ?", (freshness, listed, number))
                return
            self._remove(plan.id)
            number = self._db.execute(
                "INSERT INTO plans (name, freshness, content_digest, issued, series, language, cut, count, head, last)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (plan.id, freshness, *facts, head, last),
            ).lastrowid
            assert number is not None
            digests = (_digest(number, plan.id, freshness, *facts), _digest(number, len(tasks), head, last))
            self._db.execute("UPDATE plans SET listed = ?, digest = ? WHERE id = ?", (*digests, number))
            self._db.executemany(
                "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?)",
                (
                    _signed(
                        number * _IDS_PER_PLAN + position, task.ref, text.line, data[position], text.offsets.tobytes()
                    )
                    for position, (task, text) in enumerate(tasks)
                ),
            )
            self._db.executemany(
                "INSERT INTO keys VALUES (?, ?, ?, ?)",
                (_signed(key, number, _bytes(found)) for key, found in sorted(positions.items())),
            )
            self._db.executemany(
                "INSERT INTO vocabulary VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET plans = plans + 1",
                (_signed(key) for key in sorted(positions.keys() | vocabulary)),
            )

    def _remove(self, name: str) -> None:
        """Remove a plan and all results computed from it."""
        number = self._value("SELECT id FROM plans WHERE name = ?", name)
        if number is None:
            return
        bounds = (number * _IDS_PER_PLAN, (number + 1) * _IDS_PER_PLAN - 1)
        keys: set[str] = set()
        words: set[str] = set()
        for row in self._db.execute(f"SELECT {_TASK_COLUMNS} FROM tasks WHERE id BETWEEN ? AND ?", bounds):
            task = _task(_checked(*row)[3])
            keys |= query.keys(task, StemmedText(task.full_text))
            words |= {_word_key(word) for word in words_of(task.full_text)}
        self._db.executemany("DELETE FROM keys WHERE key = ? AND plan = ?", ((key, number) for key in sorted(keys)))
        self._db.executemany(
            "UPDATE vocabulary SET plans = plans - 1 WHERE key = ?", ((key,) for key in sorted(keys | words))
        )
        self._db.execute("DELETE FROM vocabulary WHERE plans = 0")
        self._db.execute("DELETE FROM tasks WHERE id BETWEEN ? AND ?", bounds)
        for table, column in (("links", "old"), ("links", "new"), ("vectors", "plan"), ("plans", "id")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A write transaction, or a savepoint inside another one."""
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

    def _value(self, statement: str, *values: Any) -> Any:
        """The first value of the first row, None without a row."""
        row = self._db.execute(statement, values).fetchone()
        return row[0] if row else None

    def head(self, plan: PlanEntry) -> Plan:
        """The plan, with tasks that are read on first use."""
        if plan.number not in self._heads:
            row = self._db.execute(
                "SELECT digest, id, count, head, last FROM plans WHERE id = ?", (plan.number,)
            ).fetchone()
            if row is None:
                raise UsageError(f"{plan.id} was taken out while it was searched", "search again")
            _, count, head, last = _checked(*row)
            data = _loaded(head)
            tasks = LazyTasks(plan.id, data["source"]["sha256"], count, last)
            self._heads[plan.number] = catalogue.plan_from_dict(data, tasks)
        return self._heads[plan.number]

    def has(self, key: str) -> bool:
        """True where any task of any plan has this key."""
        return bool(self._postings(key))

    def words(self) -> frozenset[str]:
        """The English words of all tasks, in small letters."""
        bounds = (_word_key(""), _word_key("~"))
        rows = self._db.execute("SELECT digest, key FROM vocabulary WHERE key >= ? AND key < ?", bounds)
        return frozenset(key[1:] for (key,) in itertools.starmap(_checked, rows))

    def task_count(self) -> int:
        """How many tasks all plans have."""
        return self._value("SELECT sum(count) FROM plans") or 0

    def tasks_meeting(self, needs: Sequence[query.KeySets], possible: Callable[[str], bool]) -> Iterator[IndexedTask]:
        """The tasks that meet every need, plan by plan and in document order.

        possible: a cheap test of a task's line of stems, made before the task is returned.
        """
        # In one transaction, so that no plan is replaced between its keys and its tasks.
        with self._reading():
            positions = self._positions_meeting(needs)
            for plan in self.plans:
                wanted = [
                    plan.number * _IDS_PER_PLAN + position for position in _set_bits(positions.get(plan.number, 0))
                ]
                for start in range(0, len(wanted), _TASKS_PER_QUERY):
                    ids = wanted[start : start + _TASKS_PER_QUERY]
                    rows = self._db.execute(
                        f"SELECT {_TASK_COLUMNS} FROM tasks WHERE id IN ({','.join(map(str, ids))}) ORDER BY id"
                    ).fetchall()
                    if len(rows) != len(ids):
                        raise _damage("a task is missing")
                    for row in rows:
                        task_id, _, line, data, offsets = _checked(*row)
                        if possible(line):
                            yield IndexedTask(plan, task_id, line, offsets, data)

    def _positions_meeting(self, needs: Sequence[query.KeySets]) -> dict[int, int]:
        """For each plan's number the positions of the tasks that meet all needs, as bits."""
        known: dict[str, dict[int, int]] = {}

        def postings(key: str) -> dict[int, int]:
            if key not in known:
                known[key] = self._postings(key)
            return known[key]

        meeting: dict[int, int] | None = None
        for need in needs:
            either: dict[int, int] = {}
            for keys in need:
                for plan, bits in _common([postings(key) for key in keys]).items():
                    either[plan] = either.get(plan, 0) | bits
            meeting = either if meeting is None else _common([meeting, either])
        return meeting or {}

    def _postings(self, key: str) -> dict[int, int]:
        """For each plan's number the positions of the tasks with this key, as bits."""
        rows = self._db.execute("SELECT digest, key, plan, positions FROM keys WHERE key = ?", (key,)).fetchall()
        if len(rows) != (self._value("SELECT plans FROM vocabulary WHERE key = ?", key) or 0):
            raise _damage(f"rows of “{key}” are missing")
        return {plan: int.from_bytes(positions, "little") for _, plan, positions in itertools.starmap(_checked, rows)}

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        self._db.execute("SAVEPOINT reading")
        try:
            yield
        finally:
            self._db.execute("RELEASE reading")

    def tasks_named(self, refs: Iterable[str]) -> list[tuple[PlanEntry, Task]]:
        """The tasks with these refs, as far as they are in the index, in order of the plans."""
        statement = f"SELECT {_TASK_COLUMNS} FROM tasks WHERE ref = ?"
        rows = [_checked(*row) for ref in refs for row in self._db.execute(statement, (ref,))]
        found = {number: data for number, _, _, data, _ in rows}
        by_plan: dict[int, list[int]] = {}
        for number in sorted(found):
            by_plan.setdefault(number // _IDS_PER_PLAN, []).append(number)
        return [(plan, _task(found[number])) for plan in self.plans for number in by_plan.get(plan.number, ())]

    def task(self, plan: PlanEntry, position: int) -> Task:
        """The task at this position of a plan. Raises UsageError where another process has taken the plan out."""
        number = plan.number * _IDS_PER_PLAN + position
        row = self._db.execute(f"SELECT {_TASK_COLUMNS} FROM tasks WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise UsageError(f"{plan.id} was taken out while it was searched", "search again")
        return _task(_checked(*row)[3])

    @contextlib.contextmanager
    def with_guest(self, plan: Plan) -> Iterator[None]:
        """Inside the context the index has this plan too, instead of the one with its id; it is not stored."""
        before = self.plans
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._insert(plan, "")
            self._load_plans()
            yield
        finally:
            self._db.execute("ROLLBACK")
            self.plans = before
            self._heads.clear()

    def compared_pairs(self, model: str) -> dict[tuple[int, int], str]:
        """The digest of decisions used for each pair of plans whose links are stored, by plan numbers."""
        rows = self._db.execute("SELECT old, new, decisions FROM links WHERE model = ?", (model,))
        return {(old, new): decisions for old, new, decisions in rows}

    def links(self, old: int, new: int, model: str) -> Any:
        """The stored links of two plans as JSON values, or None."""
        row = self._db.execute(
            "SELECT digest, old, new, model, decisions, data FROM links WHERE old = ? AND new = ? AND model = ?",
            (old, new, model),
        ).fetchone()
        return None if row is None else _loaded(_checked(*row)[-1])

    def store_links(self, old: int, new: int, model: str, decisions: str, data: Any) -> None:
        row = _signed(old, new, model, decisions, _json(data))
        self._db.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?, ?, ?)", row)

    def sums(self, model: str) -> dict[int, tuple[int, bytes]]:
        """For each plan with vectors of this model: how many texts have one, and the sum of these as float64."""
        rows = self._db.execute("SELECT summed, plan, model, count, total FROM vectors WHERE model = ?", (model,))
        return {plan: (count, total) for plan, _, count, total in itertools.starmap(_checked, rows)}

    def vectors(self, plan: int, model: str) -> tuple[bytes, bytes]:
        """The owners and vectors that `store_vectors` was given for this plan."""
        row = self._db.execute(
            "SELECT digest, plan, model, owner, vectors FROM vectors WHERE plan = ? AND model = ?", (plan, model)
        ).fetchone()
        if row is None:
            raise UsageError("a plan was taken out while it was searched", "search again")
        _, _, owner, vectors = _checked(*row)
        return owner, vectors

    def store_vectors(self, plan: int, model: str, count: int, total: bytes, owner: bytes, vectors: bytes) -> None:
        digests = (_digest(plan, model, count, total), _digest(plan, model, owner, vectors))
        row = (plan, model, count, total, owner, vectors, *digests)
        self._db.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


_TASK_COLUMNS = "digest, id, ref, line, data, offsets"


def _digest(*values: Any) -> int:
    """A checksum of the values and their types: any one changed bit is noticed."""
    digest = 0
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode()
        digest = zlib.crc32(data, zlib.crc32(f"{type(value).__name__} {len(data)} ".encode(), digest))
    return digest


def _signed(*values: Any) -> tuple[Any, ...]:
    return (*values, _digest(*values))


def _checked(digest: int, *values: Any) -> tuple[Any, ...]:
    """The values of a row. Raises sqlite3.DatabaseError where they are not those that the digest was made of."""
    if digest != _digest(*values):
        raise _damage("a row has changed")
    return values


def _damage(what: str) -> sqlite3.DatabaseError:
    return sqlite3.DatabaseError(f"the index is damaged: {what}")


def _word_key(word: str) -> str:
    """A word as it stands, in the vocabulary; the sign is in no stem."""
    return f"={word}"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _damage(str(error)) from error


def _task(data: str) -> Task:
    return catalogue.task_from_dict(_loaded(data))


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _set_bits(bits: int) -> Iterator[int]:
    """The positions of the bits that are set, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _common(sets: Sequence[dict[int, int]]) -> dict[int, int]:
    """The intersection of the sets of positions, plan by plan."""
    smallest, *others = sorted(sets, key=len)
    for other in others:
        smallest = {plan: both for plan, bits in smallest.items() if (both := bits & other.get(plan, 0))}
    return smallest
