"""Small things that files, names and options can be: one clear line for each, nothing hangs, nothing is carried over."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE

from plancmp.analysis import evaluation
from plancmp.cli import main
from plancmp.plans import catalogue
from plancmp.report import csv_table

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX files")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A command line's exit code and its lines on stderr; every mistake is one or two lines."""
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["plancmp", *arguments])
        with pytest.raises(SystemExit) as leave:
            main.run()
        errors = capsys.readouterr().err
        assert "went wrong inside" not in errors
        assert len(errors.splitlines()) <= 2
        return int(leave.value.code or 0), errors

    return call


@pytest.mark.parametrize("sign", "=+-@＝＋－＠\t")
def test_no_cell_is_run_as_a_formula(sign: str) -> None:
    assert csv_table.formula_safe(f"{sign}1+1") == f"'{sign}1+1"
    assert csv_table.csv_text(["a"], [[f"{sign}SUM(1)"]]).splitlines()[1].strip('"').startswith("'")
    assert csv_table.formula_safe(f"x{sign}") == f"x{sign}"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("diff", "x" * 300, "2024"), 2, "unknown plan"),
        (("diff", "x" * 300 + ".txt", "2024"), 2, "no such file"),
        (("check", "x" * 300), 2, "no such file"),
        (("check", ""), 2, "empty"),
        (("diff", "2021", "2024", "-o", ""), 2, "empty"),
        (("diff", "2021", "2024", "--section", ""), 2, "empty"),
        (("diff", "2021", "2024", "--body", " "), 2, "empty"),
        (("tasks", "2024", "--topic", ""), 2, "empty"),
        (("history", "patents", "--since", ""), 2, "empty"),
        (("diff", "2021", "2024", "-o", "x" * 300 + ".json"), 1, "cannot be written"),
        (("diff", "2021", "2024", "--decisions", "x" * 300), 2, "no such file"),
        (("diff", "2021", "2024", "--min-confidence", "nan"), 2, "no number"),
        (("brief", "2021", "2024", "--date", "2024-13-45", "-o", "b.docx"), 2, "no date"),
        (("brief", "2021", "2024", "--date", "2024-W01-1", "-o", "b.xlsx"), 2, "no date"),
        (("brief", "2021", "2024", "--date", "", "-o", "b.md"), 2, "no date"),
        (("add", "x.txt", "--id", "CON"), 2, "no plain id"),
        (("add", "x.txt", "--id", "con.2024"), 2, "no plain id"),
        (("add", "x.txt", "--id", "Lpt1"), 2, "no plain id"),
        (("add", "x.txt", "--id", "x."), 2, "no plain id"),
        (("add", "x.txt", "--id", "console"), 0, ""),
    ],
)
def test_names_and_values_that_mean_nothing(run, arguments: tuple[str, ...], code: int, words: str) -> None:
    Path("x.txt").write_text(
        "1. Laws\n(1) Rules\n1. Revise the Law. (The Ministry of Justice is responsible)\n", "utf-8"
    )
    found, errors = run(*arguments)
    assert found == code
    assert words in errors
    assert not list(Path().glob("b.*"))


@posix
@pytest.mark.parametrize("kind", ["pipe", "zero", "folder", "large"])
def test_only_regular_files_of_sense_are_read(run, kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(30_000_000)
    for arguments in (
        ("diff", "2021", "2024", "--decisions", kind), ("review", "2021", "2024", "--list", "--decisions", kind),
        ("evaluate", kind), ("brief", "2021", "2024", "--template", kind, "-o", "b.docx"),
    ):  # fmt: skip
        code, errors = run(*arguments)
        assert code in (1, 2)
        assert kind in errors


GOLD = {"old_plan": "2021-2022", "new_plan": "2024", "links": [{"old": "30", "new": "31", "accept": ["escalated"]}]}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"links": 1}, "links"), ({"links": [1]}, "links"), ({"links": [{"old": "30"}]}, "links"),
        ({"links": [{"old": ["30"], "new": "31"}]}, "links"), ({"links": [{"old": "30", "new": "31", "accept": 1}]}, "accept"),
        ({"links": [{"old": "30", "new": "31", "accept": [1]}]}, "accept"), ({"old_plan": None}, "old_plan"),
        ({"new_plan": {}}, "new_plan"), ({"old_tasks": 3}, "old_tasks"), ({"old_tasks": [[]]}, "old_tasks"),
        ({"either": [["30"]]}, "either"), ({"either": {"30": "31"}}, "either"), ({"rejected": ["30", "31"]}, "rejected"),
        ({"dropped": "9"}, "dropped"), ({"new": [None]}, "new"), ({"undetermined": 1}, "undetermined"),
    ],
)  # fmt: skip
def test_a_malformed_gold_file_is_named_with_its_key(run, tmp_path: Path, change: dict, word: str) -> None:
    path = tmp_path / "gold.json"
    path.write_text(json.dumps(GOLD | change), "utf-8")
    code, errors = run("evaluate", str(path))
    assert code == 1
    assert f"not a gold file: {word}" in errors
    path.write_text(json.dumps(GOLD), "utf-8")
    assert evaluation.read_gold(path) == GOLD


@pytest.mark.parametrize("content", ["[" * 100_000, "[1]", "null", '{"links": []}', "\ufeff{", "\x00"])
def test_what_is_no_gold_file(run, tmp_path: Path, content: str) -> None:
    (tmp_path / "gold.json").write_text(content, "utf-8")
    code, errors = run("evaluate", "gold.json")
    assert code == 1
    assert "not a gold file" in errors


def template(path: Path) -> None:
    """A letterhead with a hyperlink, a linked picture, a remote template, and a hyperlink in its body."""
    document = docx.Document()
    header, body = document.sections[0].header.part, document.part
    header.relate_to("https://firm.example/", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    header.relate_to("https://spy.example/pixel.png", RELATIONSHIP_TYPE.IMAGE, is_external=True)
    body.relate_to("https://old-client.example/", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    body.relate_to(
        "file://server/share/x.dotm",
        RELATIONSHIP_TYPE.HYPERLINK.replace("hyperlink", "attachedTemplate"),
        is_external=True,
    )
    document.save(path)


def test_a_template_leads_nowhere_but_to_its_letterheads_links(run, tmp_path: Path) -> None:
    template(tmp_path / "firm.docx")
    assert run("brief", "2021", "2024", "--template", "firm.docx", "-o", "b.docx") == (0, "")
    external = []
    with zipfile.ZipFile(tmp_path / "b.docx") as archive:
        for name in archive.namelist():
            if name.endswith(".rels"):
                root = ElementTree.fromstring(archive.read(name))
                external += [found.get("Target") for found in root if found.get("TargetMode") == "External"]
    assert sorted(external) == ["https://firm.example/", "removed", "removed"]
    docx.Document(tmp_path / "b.docx")


def test_a_template_that_is_a_bomb_is_refused_unread(run, tmp_path: Path) -> None:
    template(tmp_path / "bomb.docx")
    with (
        zipfile.ZipFile(tmp_path / "bomb.docx", "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/media/x.bin", "w") as file,
    ):
        for _ in range(120):
            file.write(bytes(1_000_000))
    code, errors = run("brief", "2021", "2024", "--template", "bomb.docx", "-o", "b.docx")
    assert code == 1
    assert "would expand to more than" in errors


def test_a_clock_before_1980_is_named(run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = zipfile.time.localtime
    monkeypatch.setattr(zipfile.time, "localtime", lambda *_: real(0))
    code, errors = run("brief", "2021", "2024", "-o", "b.docx")
    assert code == 1
    assert "clock" in errors
    for ending in ("xlsx", "html", "md"):
        assert run("brief", "2021", "2024", "-o", f"b.{ending}") == (0, "")


def test_one_thing_is_named_in_the_singular(run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(
        "1. Laws\n(1) Rules\n1. Revise the Law. (The Ministry of Justice is responsible)\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["plancmp", "add", "one.txt", "--id", "one"])
        with pytest.raises(SystemExit):
            main.run()
        assert "1 task stored" in capsys.readouterr().out
    assert [plan_id for plan_id in catalogue.directories() if plan_id == "one"]
