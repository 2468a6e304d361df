"""The index of all plans: it finds what reading everything finds, and reads only what has changed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import all_plans
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import large_plans

import plancmp
from plancmp import pipeline
from plancmp.analysis import history
from plancmp.embeddings import encoders, minilm, vectors
from plancmp.errors import DocumentError, UsageError
from plancmp.linkage import preparation
from plancmp.plans import catalogue, gaps
from plancmp.report.terminal import history as drawing
from plancmp.report.terminal import screen
from plancmp.search import allowance, index, lineage, semantic, topics
from plancmp.search.index import Index
from plancmp.search.query import Question
from plancmp.search.stems import StemmedText

WORDS = (
    "trade", "secrets", "patent", "patents", "pledge", "financing", "trademark", "law", "courts", "and", "the", ",", ". New",
    "intellectual property", "confidential", "information", "昆仑", "“剑网”", "action", "Kunlun", "small", "enterprises",
    "industrialization", "industry", "overseas", "rules", "2024", "artificial", "intelligence", "商业秘密", "保护",
)  # fmt: skip
CHARGES = (
    "the Intellectual Property Office",
    "the Ministry of Public Security",
    "the State Administration for Market Regulation",
)
QUERIES = (*WORDS, "trade secrets", "CNIPA", "SAMR trade secrets", "vaccine patents", "Ministry of Public Security")


def write_plan(home: Path, name: str, texts: list[str], issued: str = "2020-01-01", series: str = "") -> None:
    place = home / name
    place.mkdir(parents=True, exist_ok=True)
    rng = random.Random(repr(texts))
    items = [f"{n}. Promote {text}. (in charge of {rng.choice(CHARGES)})" for n, text in enumerate(texts, 1)]
    (place / "source.txt").write_text("\n\n".join(items) + "\n", "utf-8")
    (place / "plan.toml").write_text(
        f'title = "{name}"\nissued = {issued}\nseries = "{series}"\nlanguage = "en"\n', "utf-8"
    )


def made_up(rng: random.Random, count: int = 8) -> list[str]:
    return [" ".join(rng.choices(WORDS, k=rng.randint(3, 14))) for _ in range(count)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of made-up plans."""
    place = tmp_path_factory.mktemp("made")
    rng = random.Random(1)
    for number in range(9):
        write_plan(place / "home", f"p{number}", made_up(rng), f"20{10 + number // 2}-01-01", f"s{number % 3}")
    return place


@pytest.fixture(scope="module")
def few(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of three of the made-up plans."""
    home = tmp_path_factory.mktemp("few")
    for name in ("p0", "p1", "p2"):
        shutil.copytree(made / "home" / name, home / name)
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for plans of one's own, beside which there are none, and an empty cache."""
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(catalogue, "bundled_directory", lambda: tmp_path / "none")
    return tmp_path / "home"


@pytest.fixture
def plans(home: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up plans; what is kept of them stays for the next test, unless that has a cache of its own."""
    monkeypatch.setenv("PLANCMP_CACHE", str(made / "cache"))
    monkeypatch.setenv("PLANCMP_HOME", str(made / "home"))
    return made / "home"


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def counted(monkeypatch: pytest.MonkeyPatch, room: Any, name: str) -> list[tuple]:
    """The calls of a function, from now on."""
    calls: list[tuple] = []
    real = getattr(room, name)

    def watched(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **named)

    monkeypatch.setattr(room, name, watched)
    return calls


def scanned(query: str) -> list[tuple]:
    """What a look at every task finds: names, scores and words."""
    asked = Question(query)
    concepts = asked.concepts
    if not concepts and not asked.bodies:
        return []
    tasks = [task for plan in all_plans.load_all() for task in plan.tasks]
    for one_sentence in (True, False):
        matches = [(task.ref, asked.match(concepts, task, StemmedText(task.full_text), one_sentence)) for task in tasks]
        if found := [(ref, match.score, match.words) for ref, match in matches if match]:
            return found
    return []


def exact(query: str) -> list[tuple]:
    found = index.with_index(lambda at_hand: topics.exact_matches(Question(query), at_hand))
    return [(entry.task.ref, entry.score, entry.words) for *_, entry in found]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(QUERIES), min_size=1, max_size=4))
def test_the_index_finds_what_a_look_at_every_task_finds(plans: Path, words: list[str]) -> None:
    assert exact(" ".join(words)) == scanned(" ".join(words))


@pytest.mark.parametrize(
    "query", ["trade secrets", "Kunlun", "SAMR", "patent navigation", "人工智能", "intellectual property"]
)
def test_so_it_does_in_the_bundled_plans(query: str) -> None:
    assert exact(query) == scanned(query) != []


def held(at_hand: Index) -> dict[str, Any]:
    """All that an index says of the plans, without its own numbers."""
    names = {plan.number: plan.id for plan in at_hand.plans}
    keys: dict[tuple[str, str], bytes] = {}
    for key, plan, positions in at_hand._db.execute("SELECT key, plan, positions FROM keys"):
        keys[key, names[plan]] = positions
    tasks = at_hand._db.execute("SELECT ref, line, offsets, data FROM tasks ORDER BY ref").fetchall()
    vocabulary = dict(at_hand._db.execute("SELECT key, plans FROM vocabulary"))
    return {"plans": [(p.id, p.cut) for p in at_hand.plans], "keys": keys, "tasks": tasks, "vocabulary": vocabulary}


def test_after_plans_come_change_and_go_it_is_as_a_fresh_one(home: Path) -> None:
    rng = random.Random(2)
    for step in range(25):
        name = f"p{rng.randrange(5)}"
        if rng.random() < 0.3:
            shutil.rmtree(home / name, ignore_errors=True)
        else:
            write_plan(home, name, made_up(rng, rng.randint(1, 5)), f"20{rng.randint(10, 20)}-01-01")
        fresh = Index(":memory:")
        assert index.with_index(held) == held(fresh), step
        fresh.close()


def test_a_plan_from_a_file_is_looked_into_beside_the_others(plans: Path, tmp_path: Path) -> None:
    before = index.with_index(held)
    write_plan(tmp_path, "p3", ["trade secrets of orchards", "seedlings"])
    guest = catalogue.from_file(tmp_path / "p3" / "source.txt", "p3")
    assert topics.matching_refs(guest, "trade secrets")[0] == {"p3:1"}
    assert topics.matching_refs(guest, "orchards")[0] == {"p3:1"}
    assert index.with_index(held) == before
    stored = catalogue.stored("p3")
    assert topics.matching_refs(stored, "trade secrets")[0] == {
        ref for ref, *_ in scanned("trade secrets") if ref.startswith("p3:")
    }


def test_matches_in_meaning_are_those_of_all_vectors_at_once() -> None:
    query = "helping small firms abroad"
    everything = [plan for plan in all_plans.load_all() if plan.language == "en"]
    rows = [preparation.vectors_of(plan, preparation.records_of(plan)) for plan in everything]
    mean = np.concatenate(rows).mean(axis=0)
    asked = vectors.embed([query])[0] - mean
    scores = {}
    for plan, found in zip(everything, rows, strict=True):
        side = preparation.records_of(plan)
        cosines = (found - mean) @ asked / np.linalg.norm(found - mean, axis=1) / np.linalg.norm(asked)
        for place, task in enumerate(plan.tasks):
            mine = np.flatnonzero(side.owner == place) + len(plan.tasks)
            scores[task.ref] = max(cosines[place], *cosines[mine])
    best = max(scores.values())
    near = index.with_index(
        lambda at_hand: [(task.ref, score) for _, task, score in semantic.near(query, at_hand, None, None)[0]]
    )
    assert {ref for ref, _ in near} == {ref for ref, score in scores.items() if score >= max(0.45, best - 0.1)}
    assert all(abs(score - scores[ref]) < 1e-5 for ref, score in near)


@given(series=st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=12))
def test_neighbours_are_the_plan_before_and_the_one_before_it_in_the_series(series: list[str]) -> None:
    listed = [index.PlanEntry(n, f"p{n}", name, "en", False) for n, name in enumerate(series)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineage.decision_files, "digests", dict)
        at_hand: Any = SimpleNamespace(plans=listed, compared_pairs=lambda model: {})
        older = lineage.Lineage(at_hand, None, None, None).older
    for place, plan in enumerate(listed):
        family = [other.id for other in listed[:place] if plan.series and other.series == plan.series][-1:]
        assert older[plan.id] == list(
            dict.fromkeys([*family, *(other.id for other in listed[max(place - 1, 0) : place])])
        )


def test_one_plan_more_is_one_plan_read(plans: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact("patent")
    read, taken = counted(monkeypatch, catalogue, "stored"), counted(monkeypatch, Index, "_insert")
    exact("patent")
    assert not read
    assert not taken
    write_plan(plans, "one-more", ["patent pools"])
    try:
        assert "one-more:1" in {ref for ref, *_ in exact("patent")}
        assert [name for (name,) in read] == ["one-more"]
        assert len(taken) == 1
    finally:
        shutil.rmtree(plans / "one-more")
    assert "one-more:1" not in {ref for ref, *_ in exact("patent")}
    assert len(read) == len(taken) == 1


def test_a_plan_whose_files_only_look_new_keeps_what_rests_on_it(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    shutil.copytree(catalogue.bundled_directory() / "2024", tmp_path / "home" / "2024")
    before = history.history("sword net")
    os.utime(tmp_path / "home" / "2024" / "source.txt", (1, 1))
    compared = counted(monkeypatch, pipeline, "score_pair")
    assert history.history("sword net").to_dict() == before.to_dict()
    assert not compared


def test_a_warm_history_compares_nothing_and_makes_only_the_tasks_that_match(monkeypatch: pytest.MonkeyPatch) -> None:
    history.history("trade secrets")
    history.history("2021:37")
    compared = counted(monkeypatch, pipeline, "score_pair")
    made = counted(monkeypatch, catalogue, "task_from_dict")
    stored = counted(monkeypatch, catalogue, "stored")
    found = history.history("trade secrets")
    assert found.entries
    assert len(made) == len(found.entries)
    assert not stored
    history.history("2021:37")
    assert not compared


def test_a_decision_makes_one_comparison_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path))
    history.history("patent")
    (tmp_path / "decisions").mkdir()
    words = 'old_plan = "2021-2022"\nnew_plan = "2024"\n[[decision]]\nold = "37"\nnew = "35"\nverdict = "no link"\n'
    (tmp_path / "decisions" / "2021-2022--2024.toml").write_text(words, "utf-8")
    compared = counted(monkeypatch, pipeline, "score_pair")
    found = history.history("sword net")
    assert [(old.id, new.id) for old, new, *_ in compared] == [("2021-2022", "2024")]
    assert found.links == ()


def test_the_tasks_of_a_plan_in_a_history_are_read_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = history.history("sword net").entries[0]
    stored = counted(monkeypatch, catalogue, "stored")
    assert gaps.gap_in_words(entry.plan).startswith("The text of 2021-2022 stops at task 64")
    assert len(entry.plan.tasks) == 64
    assert not stored
    whole = plancmp.load("2021")
    assert entry.plan == whole
    assert whole == entry.plan
    assert hash(entry.plan) == hash(whole)
    assert repr(entry.plan) == repr(whole)
    assert entry.plan.task("37") == entry.task


def test_the_tasks_of_a_plan_that_has_changed_since_are_not_those_that_were_searched(home: Path) -> None:
    write_plan(home, "p", ["patent pools", "seedlings"])
    (head,) = index.with_index(lambda at_hand: [at_hand.head(plan) for plan in at_hand.plans])
    write_plan(home, "p", ["orchards"])
    with pytest.raises(UsageError, match="changed"):
        head.tasks[0]


def damaged(path: Path, how: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "garbage": b"no database" * 1000,
            "cut": data[:middle],
            "empty": b"",
            "hole": data[:4096] + b"\xff" * (len(data) - 8192) + data[-4096:],
            "head": b"\xff" * 100 + data[100:],
            "words": data.replace(b"CREATE TABLE", b"CREAT\x80 TABLE", 1),
        }[how]
    )


@pytest.mark.parametrize("how", ["garbage", "cut", "empty", "hole", "head", "words"])
def test_a_damaged_index_counts_as_absent(plans: Path, own_cache: Path, how: str) -> None:
    before, found = index.with_index(held), exact("patent")
    (path,) = (own_cache / "index").iterdir()
    damaged(path, how)
    assert exact("patent") == found
    assert index.with_index(held) == before


@pytest.fixture(scope="module")
def intact_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def intact(few: Path, intact_cache: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, bytes, str]:
    """The file of an index of few plans with their links, its bytes, and a history from it as JSON."""
    monkeypatch.setenv("PLANCMP_CACHE", str(intact_cache))
    monkeypatch.setenv("PLANCMP_HOME", str(few))
    monkeypatch.setattr(catalogue, "bundled_directory", lambda: few / "none")
    answer = json.dumps(history.history("patent").to_dict())
    (path,) = (intact_cache / "index").iterdir()
    return path, path.read_bytes(), answer


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_changes_no_answer_and_does_not_stay(
    intact: tuple[Path, bytes, str], where: float, bit: int
) -> None:
    path, data, answer = intact
    flipped = bytearray(data)
    flipped[int(where * len(data))] ^= 1 << bit
    path.write_bytes(flipped)
    for _ in range(2):
        assert json.dumps(history.history("patent").to_dict()) == answer


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tasks SET line = replace(line, ' patent ', ' parent ')",
        "UPDATE tasks SET data = replace(data, 'patent', 'parent')",
        "UPDATE keys SET positions = x'00' WHERE key = 'patent'",
        "UPDATE keys SET key = 'parent' WHERE key = 'patent'",
        "DELETE FROM keys WHERE key = 'patent' AND plan = 1",
        "DELETE FROM vocabulary WHERE key = 'patent'",
        "UPDATE plans SET name = 'px' WHERE name = 'p1'",
        "UPDATE plans SET issued = '2001-01-01'",
        "UPDATE plans SET head = replace(head, 'p1', 'p2')",
        "UPDATE links SET data = replace(data, 'continued', 'escalated')",
    ],
)
def test_a_changed_row_is_noticed_in_every_table(intact: tuple[Path, bytes, str], change: str) -> None:
    path, data, answer = intact
    path.write_bytes(data)
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute(change).rowcount
        database.commit()
    assert path.read_bytes() != data
    assert json.dumps(history.history("patent").to_dict()) == answer


def test_a_file_of_other_tables_counts_as_damaged(plans: Path, own_cache: Path) -> None:
    found = exact("patent")
    (path,) = (own_cache / "index").iterdir()
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE plans (name)")
    other.commit()
    other.close()
    assert exact("patent") == found


def test_where_no_file_can_be_written_it_works_in_memory(
    plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = exact("patent")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "file" / "cache"))
    assert exact("patent") == found


def test_an_index_of_another_state_of_the_program_goes(
    plans: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact("patent")
    (first,) = (own_cache / "index").iterdir()
    monkeypatch.setattr(index.json_cache, "program_fingerprint", lambda: "another")
    exact("patent")
    (second,) = (own_cache / "index").iterdir()
    assert first != second


def test_a_damaged_plan_is_named_and_left_out(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_plan(home, "good", ["patent pools"])
    write_plan(home, "bad", ["patent fees"])
    assert len(history.search("patent").entries) == 2
    (home / "bad" / "source.txt").unlink()
    for ask in (history.history, history.search):
        caplog.clear()
        found = ask("patent")
        assert [entry.task.ref for entry in found.entries] == ["good:1"]
        assert "bad" not in found.plans_searched
        assert "bad is left out" in caplog.text
        assert "missing" in caplog.text
    with pytest.raises(DocumentError, match="missing"):
        history.history("bad:1")
    (home / "bad" / "plan.toml").write_text("= broken", "utf-8")
    caplog.clear()
    assert [entry.task.ref for entry in history.history("patent").entries] == ["good:1"]
    assert "damaged" in caplog.text
    shutil.rmtree(home / "bad")
    caplog.clear()
    assert [entry.task.ref for entry in history.history("patent").entries] == ["good:1"]
    assert not caplog.text


def test_processes_at_once_do_no_harm(own_cache: Path) -> None:
    code = "import json, plancmp; print(json.dumps(plancmp.history('trade secrets').to_dict()))"
    several = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    answers = [process.communicate(timeout=300) for process in several]
    assert [process.returncode for process in several] == [0] * 4, answers
    assert {json.dumps(json.loads(out)) for out, _ in answers} == {
        json.dumps(history.history("trade secrets").to_dict())
    }
    fresh = Index(":memory:")
    assert index.with_index(held) == held(fresh)
    fresh.close()


def test_what_was_compared_stays_when_a_first_history_is_interrupted(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = pipeline.score_pair

    def interrupted(old: Any, new: Any, *rest: Any) -> Any:
        if new.id == "2024":
            raise KeyboardInterrupt
        return real(old, new, *rest)

    monkeypatch.setattr(pipeline, "score_pair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        history.history("patent")
    monkeypatch.setattr(pipeline, "score_pair", real)
    compared = counted(monkeypatch, pipeline, "score_pair")
    told: list[tuple[str, int, int]] = []
    history.history("patent", working=lambda *what: told.append(what))
    assert {new.id for _, new, *_ in compared} == {"2024"}
    assert told == [("comparing plans", done, len(compared)) for done in range(len(compared) + 1)]


def few_at_once(monkeypatch: pytest.MonkeyPatch, tasks: int, texts: int = 10_000) -> None:
    """Let a question work on so many tasks, and embed so many texts, before it answers."""
    monkeypatch.setattr(allowance, "_TASKS", tasks)
    monkeypatch.setattr(allowance, "_TEXTS", texts)


def test_a_question_over_many_plans_compares_a_few_and_says_what_is_left(
    plans: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each pair of these plans has sixteen tasks.
    few_at_once(monkeypatch, tasks=40)
    compared = counted(monkeypatch, pipeline, "score_pair")
    first = history.history("patent")
    assert len(compared) == 2
    assert first.pending.pairs > 0
    assert f"{first.pending.pairs} pairs of neighbouring plans not yet compared" in (first.note or "")
    again = history.history("patent")
    assert len(compared) == 4
    assert again.pending.pairs == first.pending.pairs - 2
    whole = history.history("patent", complete=True)
    assert whole.pending == history.Pending()
    assert whole.note is None
    assert len(compared) == 4 + again.pending.pairs
    assert [entry.task for entry in first.entries] == [entry.task for entry in whole.entries]
    # What is said before all is compared is what is said afterwards, or nothing.
    for early, late in zip(first.entries, whole.entries, strict=True):
        assert early.status in (None, late.status)
        assert set(early.continues) <= set(late.continues)
        assert early.ends in ((), late.ends)
    assert any(entry.status is None for entry in first.entries)
    assert set(first.links) <= set(whole.links)


def test_links_are_worked_out_of_the_matches_that_are_shown(
    plans: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = counted(monkeypatch, pipeline, "score_pair")
    found = history.history("patent", linked=1)
    best = max(found.entries, key=lambda entry: entry.score)
    assert len(found.entries) > 1
    assert 0 < len(compared) <= 4
    assert all(best.plan.id in (old.id, new.id) for old, new, *_ in compared)
    whole = history.history("patent")
    place = history.best_of(found.entries, 1)[0]
    assert found.entries[place] == whole.entries[place]
    assert [entry.task for entry in found.entries] == [entry.task for entry in whole.entries]


def test_nothing_is_embedded_in_silence_before_an_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plan(home, "small", ["lighthouses at sea"])
    write_plan(home, "large", [f"harbour {number} for grain" for number in range(30)], "2021-01-01")
    made: list[str] = []

    class Recorded(large_plans.Hashed):
        def encode(self, texts: Any) -> np.ndarray:
            made.extend(texts)
            return super().encode(texts)

    monkeypatch.setattr(encoders, "choose_encoder", lambda *_: Recorded())
    few_at_once(monkeypatch, tasks=1000, texts=20)
    asked = "shining beacons qqq"
    found = history.search(asked)
    assert found.pending.plans == 1
    assert "1 plan not yet searched by meaning" in (found.note or "")
    assert asked in made
    assert any("lighthouses" in text for text in made)
    assert not any("harbour" in text for text in made)
    # Nor for links, which the words find without.
    in_words = history.history("harbour")
    assert len(in_words.entries) == 30
    assert in_words.pending.pairs == 1
    assert not any("harbour" in text for text in made)
    assert history.search(asked, complete=True).pending.plans == 0
    assert any("harbour" in text for text in made)


def test_no_model_is_loaded_for_what_stands_in_the_words(
    home: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(home, "one", ["grain harbours"])
    write_plan(home, "two", ["grain elevators"], "2021-01-01")
    few_at_once(monkeypatch, tasks=0, texts=0)
    monkeypatch.setattr(minilm.MiniLM, "encode", None)
    assert [entry.task.ref for entry in history.history("grain").entries] == ["one:1", "two:1"]


@pytest.fixture(scope="module")
def long() -> history.History:
    import dataclasses

    found = history.history("patent")
    entries, heads = [], []
    for number in range(100):
        like = found.entries[number % len(found.entries)]
        plan = dataclasses.replace(like.plan, id=f"p{number}", issued=f"{1990 + number // 4}-01-01")
        task = dataclasses.replace(like.task, ref=f"p{number}:{like.task.number}")
        entries += [dataclasses.replace(like, plan=plan, task=task, score=number / 100, continues=())] * (number % 3)
        heads.append(plan)
    ids = tuple(plan.id for plan in heads)
    return dataclasses.replace(found, entries=tuple(entries), plans=tuple(heads), plans_searched=ids, plans_cut=ids[:2])


def drawn(found: history.History, **how: Any) -> str:
    console = screen.console(100, "never")
    with console.capture() as captured:
        for part in drawing.history(found, 100, **how):
            console.print(part)
    return captured.get()


def test_a_long_history_shows_the_best_and_says_how_many_there_are(long: history.History) -> None:
    shown = drawn(long, limit=20)
    assert f"the 20 best matches of {len(long.entries)}" in " ".join(shown.split())
    titles = re.findall(r"^(p\d+)  ", shown, re.MULTILINE)
    counts: dict[str, int] = defaultdict(int)
    for entry in long.entries:
        counts[entry.plan.id] += 1
    best = sorted(counts, key=lambda name: -int(name[1:]))
    assert titles == sorted(best[: len(titles)], key=lambda name: int(name[1:]))
    assert "best matches of" not in drawn(long, limit=len(long.entries))


def test_many_plans_are_counted_by_years(long: history.History) -> None:
    rows = [line.split() for line in drawn(long).splitlines()]
    years = [row for row in rows if len(row) == 5 and row[0].isdigit()]
    assert [row[0] for row in years] == [str(year) for year in range(1990, 2015)]
    assert sum(int(row[1]) for row in years) == len(long.plans)
    assert sum(int(row[3]) for row in years if row[3] != "–") == len(long.entries)
    assert "plans with cut text: 2" in drawn(long)
