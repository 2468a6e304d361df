"""Ids of plans parsed from files: two documents never share one, so that no side shows the other's text."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plancmp
from plancmp.cli import main
from plancmp.model import Decision
from plancmp.outcomes import decision_files
from plancmp.plans import catalogue

OLD = "1. Laws\n(1) Rules\n1. Revise the Trademark Law. (The Ministry of Justice is responsible)\n"
NEW = "1. Laws\n(1) Rules\n1. Complete the census of orchards and trees. (The Ministry of Finance is responsible)\n"
PAIRS = [
    ("2023/plan.txt", "2024/plan.txt"),
    ("旧版计划.txt", "新版计划.txt"),
    ("old/2024.txt", "new/2024.txt"),
    ("2024.txt", "2024-file.txt"),
    ("Plan.txt", "other/plan.txt"),
    ("a b.txt", "a-b.txt"),
    ("x" * 100 + "1.txt", "x" * 100 + "2.txt"),
    ("计划" * 40 + ".txt", "计划" * 40 + "二.txt"),
]


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file has an id yet."""
    monkeypatch.setattr(catalogue, "_file_ids", {})


def written(directory: Path, names: tuple[str, str]) -> list[Path]:
    paths = [directory / name for name in names]
    for path, text in zip(paths, (OLD, NEW), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return paths


@pytest.mark.parametrize("names", PAIRS, ids=str)
def test_two_documents_have_two_ids_whatever_their_names(names: tuple[str, str], tmp_path: Path) -> None:
    plans = [plancmp.load(path) for path in written(tmp_path, names)]
    ids = [plan.id.casefold() for plan in plans]
    assert len({*ids, *map(str.casefold, catalogue.directories())}) == 2 + len(catalogue.directories())
    assert not {task.ref for task in plans[0].tasks} & {task.ref for task in plans[1].tasks}


@pytest.mark.parametrize("names", PAIRS[:3], ids=str)
@pytest.mark.parametrize("form", ["table", "csv", "md", "html"])
def test_each_side_shows_its_own_text(
    names: tuple[str, str],
    form: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = map(str, written(tmp_path, names))
    monkeypatch.setattr(sys, "argv", ["plancmp", "diff", old, new, "--full", "--width", "200", "--format", form])
    with pytest.raises(SystemExit) as leave:
        main.run()
    assert not leave.value.code
    answer = capsys.readouterr().out
    assert "Trademark Law" in answer
    assert "orchards" in answer
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer)))
        assert [row["text"] for row in rows] == [
            "Revise the Trademark Law",
            "Complete the census of orchards and trees",
        ]
        assert rows[0]["plan"] != rows[1]["plan"]


def test_chinese_names_stay_readable(tmp_path: Path) -> None:
    assert [plancmp.load(path).id for path in written(tmp_path, PAIRS[1])] == ["旧版计划", "新版计划"]


def test_the_same_document_keeps_its_id_and_a_changed_one_gets_another(tmp_path: Path) -> None:
    path, other = written(tmp_path, ("again.txt", "changed.txt"))
    first = plancmp.load(path)
    assert plancmp.load(path) == first
    path.write_bytes(other.read_bytes())
    assert plancmp.load(path).id != first.id


@given(st.lists(st.tuples(st.text(max_size=8), st.sampled_from("ab"), st.sampled_from(["1", "2"])), max_size=8))
def test_ids_tell_documents_apart(documents: list[tuple[str, str, str]]) -> None:
    known = {
        (name, folder, digest): catalogue.file_id(
            Path(folder, f"{name.replace('/', '').replace(chr(0), '')}.txt"), digest
        )
        for name, folder, digest in documents
    }
    for (one, first), (other, second) in itertools.combinations(known.items(), 2):
        same = one[1:] == other[1:] and one[0].replace("/", "").replace("\0", "") == other[0].replace("/", "").replace(
            "\0", ""
        )
        assert (first.casefold() == second.casefold()) <= same
    assert all(plan_id and ":" not in plan_id and plan_id.isprintable() for plan_id in known.values())


def test_decisions_on_plans_with_long_names_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    old, new = map(plancmp.load, written(tmp_path, PAIRS[-1]))
    path = decision_files.default_path(old, new)
    decision_files.set_decisions(path, old, new, {("1", "1"): Decision("1", "1", None)})
    assert [decision.pair for decision in decision_files.Given().on(old, new).entries] == [("1", "1")]
