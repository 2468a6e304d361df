"""The command line as people and scripts meet it: the contract's JSON, exit codes, one clear line for every mistake."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from plancmp import model
from plancmp.cli import main
from plancmp.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent


class Answer:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["plancmp", *arguments])
        with pytest.raises(SystemExit) as leave:
            main.run()
        captured = capsys.readouterr()
        return Answer(int(leave.value.code or 0), captured.out, captured.err)

    return call


LINK_KEYS = {"old", "new", "status", "softened", "confidence", "decided_by", "scores", "signals", "commitments"}
PLAN_KEYS = {
    "id",
    "title",
    "issuer",
    "issued",
    "covers",
    "language",
    "series",
    "source",
    "declared_tasks",
    "parsed_tasks",
    "missing",
    "warnings",
}
TASK_KEYS = {"ref", "number", "section", "title", "text", "responsibility", "bodies", "names", "complete", "lines"}


def test_diff_json_keeps_the_contract(run) -> None:
    answer = run("diff", "2021", "2024", "--format", "json")
    data = json.loads(answer.out)
    assert answer.code == 0
    assert answer.err == ""
    assert data["schema"] == "plancmp.diff/1"
    assert data["old"].keys() >= PLAN_KEYS
    assert data["old"]["id"] == "2021-2022"
    assert data["old"]["missing"] == [[65, 115]]
    assert data["old"]["declared_tasks"] == 115
    assert data["new"]["parsed_tasks"] == 110
    assert data["summary"]["old_tasks"].keys() >= {"continued", "escalated", "dropped"}
    assert data["summary"]["new_tasks"].keys() >= {"continued", "escalated", "new", "undetermined"}
    assert len(data["tasks"]) == 174
    for link in data["links"]:
        assert link.keys() >= LINK_KEYS
        assert {"fuzzy", "embedding"} <= link["scores"].keys()
        assert link["status"] in ("continued", "escalated")
        assert link["decided_by"] == "model"
        for signal in link["signals"]:
            assert signal.keys() >= {"kind", "direction", "old_text", "new_text", "note"}
            assert signal["kind"] in ("stage", "intensity", "campaign", "scope", "quantity", "bodies")
            assert signal["direction"] in ("up", "down")
    for task in data["tasks"]:
        assert task.keys() >= {"ref", "status", "confidence", "note", "links"}


def test_tasks_json_keeps_the_contract(run) -> None:
    data = json.loads(run("tasks", "2024", "--format", "json").out)
    assert data["schema"] == "plancmp.tasks/1"
    assert all(task.keys() >= TASK_KEYS for task in data["tasks"])
    kunlun = data["tasks"][30]
    assert kunlun["ref"] == "2024:31"
    assert "昆仑 2024" in kunlun["names"]
    assert kunlun["bodies"][0] == {
        "id": "MPS",
        "name": "Ministry of Public Security",
        "as_printed": "Ministry of Public Security",
        "lead": True,
    }
    assert [s["number"] for s in kunlun["section"]] == ["2", "1"]
    assert "Trademark Law of the People's Republic of China" in [
        name.replace("’", "'") for name in data["tasks"][0]["names"]
    ]


def test_show_json_keeps_the_contract(run) -> None:
    data = json.loads(run("show", "2021:30", "--format", "json").out)
    assert data["schema"] == "plancmp.task/1"
    assert data["task"]["ref"] == "2021-2022:30"
    assert [link["new"] for link in data["links"]] == ["2024:31"]


def test_explain_says_what_was_added_and_what_was_missing(run) -> None:
    linked = json.loads(run("explain", "2021:30", "2024:31", "--format", "json").out)
    assert linked["linked"]
    total = linked["base"] + sum(part["added"] for part in linked["parts"])
    assert 1 / (1 + 2.718281828**-total) == pytest.approx(linked["confidence"], abs=0.01)
    unlinked = json.loads(run("explain", "2021:9", "2024:31", "--format", "json").out)
    assert not unlinked["linked"]
    assert unlinked["missing"]
    assert run("explain", "2021:9", "2024:31").code == 0


def test_evaluate_json_keeps_the_contract(run) -> None:
    data = json.loads(run("evaluate", str(ROOT / "tests/gold/dev-2021-2024.json"), "--format", "json").out)
    assert data["schema"] == "plancmp.evaluation/1"
    assert data["links"].keys() >= {"precision", "recall", "f1", "missed", "extra"}
    assert data["status"].keys() >= {"accuracy", "judged", "wrong"}
    assert data["unlinked"].keys() >= {"accuracy", "judged", "wrong"}


def test_bodies_know_a_succession_from_a_handover(run) -> None:
    data = json.loads(run("bodies", "14fyp", "2024", "--format", "json").out)
    regulator = next(body for body in data["bodies"] if body["id"] == "NFRA")
    assert regulator["succession"] == "CBIRC → NFRA (2023)"
    assert not any(body["id"] == "CBIRC" for body in data["bodies"])
    assert run("bodies", "2021", "2024", "--body", "State Intellectual Property Office").code == 0


def test_csv_has_a_row_a_counterpart_and_a_row_a_commitment_without_one(run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("diff", "2021", "2024", "--format", "csv").out)))
    data = json.loads(run("diff", "2021", "2024", "--format", "json").out)
    assert [row["ref"] for row in rows] == [
        commitment["ref"] for commitment in data["commitments"] for _ in commitment["counterparts"] or [None]
    ]


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        (("--status", "escalated"), lambda found: found["status"] == "escalated"),
        (("--status", "softened"), lambda found: found["softened"]),
        (("--status", "doubtful"), lambda found: found["doubtful"]),
        (("--min-confidence", "0.9"), lambda found: found["confidence"] >= 0.9),
        (("--section", "2(1)"), lambda found: (24 <= int(found["task"].split(":")[1]) <= 30) if found["task"].startswith("2021") else (22 <= int(found["task"].split(":")[1]) <= 31)),
        (("--body", "MPS"), lambda found: found["task"] in {f"2021-2022:{n}" for n in (29, 30, 37, 40, 53)} | {f"2024:{n}" for n in (31, 35, 45, 100)}),
        (("--topic", "trade secrets"), lambda found: "secret" in found["text"].casefold()),
    ],
)  # fmt: skip
def test_filters_choose_commitments_and_counts_are_of_what_was_chosen(run, filters: tuple[str, ...], test) -> None:
    whole = json.loads(run("diff", "2021", "2024", "--format", "json").out)
    data = json.loads(run("diff", "2021", "2024", "--format", "json", *filters).out)
    assert "selection" not in whole
    assert 0 < len(data["commitments"]) < len(whole["commitments"])
    assert all(test(found) for found in data["commitments"])
    for side, plan in (("old", "2021-2022:"), ("new", "2024:")):
        chosen, of_all = (
            sum(found["task"].startswith(plan) for found in result["commitments"]) for result in (data, whole)
        )
        assert data["selection"][side] == [chosen, of_all]
        assert sum(data["summary"][f"{side}_commitments"].values()) == chosen
    tasks = {found["task"] for found in data["commitments"]}
    assert [task["ref"] for task in data["tasks"]] == [task["ref"] for task in whole["tasks"] if task["ref"] in tasks]


def test_partly_dropped_tasks_can_be_asked_for(run) -> None:
    data = json.loads(run("diff", "2021", "2024", "--format", "json", "--status", "partly-dropped").out)
    assert data["tasks"]
    assert all(task["partly_dropped"] for task in data["tasks"])


def test_a_commitment_goes_by_its_name(run) -> None:
    for name in ("2021:1e", "2021:1(e)", "2021-2022:1e"):
        data = json.loads(run("show", name, "--format", "json").out)
        assert {found["ref"] for found in data["commitments"]} == {"2021-2022:1e"}
    assert run("show", "2021:1z").code == 2
    assert "it has a to h" in run("show", "2021:1z").err
    explained = json.loads(run("explain", "2021:30b", "2024:31a", "--format", "json").out)
    assert [found["ref"] for found in explained["commitments"]] == ["2021-2022:30b", "2024:31a"]
    assert explained["paired"]


def test_the_exit_code_tells_whether_anything_changed(run) -> None:
    assert run("diff", "2021", "2024", "--exit-code", "--stat").code == 3
    assert run("diff", "2024", "2024", "--exit-code", "--stat").code == 0
    assert run("diff", "2021", "2024", "--stat").code == 0


@pytest.mark.parametrize("ending", ["json", "csv", "md", "html", "docx", "xlsx", "txt"])
def test_the_ending_of_a_file_decides_the_format(run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    answer = run("diff", "2021", "2024", "-o", str(path))
    assert (answer.code, answer.out) == (0, "")
    head = path.read_bytes()[:200]
    expected = {
        "json": b"{",
        "csv": b"ref,plan",
        "md": b"# ",
        "html": b"<!doctype html",
        "docx": b"PK",
        "xlsx": b"PK",
        "txt": b"2021-2022",
    }[ending]
    assert head.lower().startswith(expected.lower())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("diff", "2021", "2042"), 2, "no plan at hand covers 2042"),
        (("diff", "2021", "2o24"), 2, "unknown plan"),
        (("diff", "2021", "20024"), 2, "did you mean"),
        (("diff", "2021", "./none.docx"), 2, "no such file"),
        (("diff", "2021"), 2, "NEW"),
        (("diff", "2021", "2024", "--status", "abolished"), 2, "one of: escalated"),
        (("diff", "2021", "2024", "--body", "Ministry of Magic"), 2, "no body is called"),
        (("diff", "2021", "2024", "--min-confidence", "7"), 2, "min-confidence"),
        (("diff", "2021", "2024", "--format", "pdf"), 2, "pdf"),
        (("diff", "2021", "2024", "-o", "out.pages"), 2, "names no format"),
        (("diff", "2021", "2024", "-o", "no/such/place.json"), 1, "cannot be written"),
        (("show", "2024:131"), 2, "has no task"),
        (("show", "2021:70"), 2, "missing from the text"),
        (("show", "2024"), 2, "PLAN:NUMBER"),
        (("explain", "2021:30", "2024:x"), 2, "has no task"),
        (("evaluate", "none.json"), 1, "No such file"),
        (("nonsense",), 2, "No such command"),
        (("tasks", "2024", "--section", "("), 0, ""),
    ],
)
def test_every_mistake_is_one_or_two_lines_that_say_what_and_what_to_try(
    run, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = run(*arguments)
    assert answer.code == code
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.strip().splitlines()) <= 2
    if code:
        assert answer.out == ""


def test_files_that_are_no_plan(run, tmp_path: Path) -> None:
    for name, content in (
        ("empty.txt", b""),
        ("image.docx", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("prose.txt", b"Once upon a time there was a fox."),
        ("zip.docx", b"PK\x03\x04broken"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        answer = run("diff", str(path), "2024")
        assert answer.code == 1, name
        assert name in answer.err
        assert len(answer.err.strip().splitlines()) <= 2
    assert run("diff", str(tmp_path), "2024").code == 1


def test_an_unforeseen_error_is_one_line_and_a_traceback_only_with_debug(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("plancmp.plans.catalogue.load", fail)
    answer = run("tasks", "2024")
    assert answer.code == 1
    assert "unforeseen" in answer.err
    assert "Traceback" not in answer.err
    for arguments in (["tasks", "2024", "--debug"], ["--debug", "tasks", "2024"]):
        monkeypatch.setattr(sys, "argv", ["plancmp", *arguments])
        with pytest.raises(ZeroDivisionError):
            main.run()


def test_the_steps_are_told_on_stderr_when_asked_for(run) -> None:
    quiet = run("diff", "2021", "2024", "--summary")
    told = run("--verbose", "explain", "2021:30", "2024:31", "--verbose")
    (compared,) = [line for line in told.err.splitlines() if "compared in" in line]
    assert compared.startswith("plancmp: ")
    assert "compared in" not in quiet.err
    assert "compared in" not in run("explain", "2021:30", "2024:31").err


def commands_of_the_modules() -> dict[str, click.Command]:
    """The commands that the modules of the command line declare, by name."""
    modules = [importlib.import_module(f"plancmp.cli.{path.stem}") for path in (ROOT / "plancmp/cli").glob("[!_]*.py")]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, click.Command)]
    return {str(command.name): command for command in found if command is not main.main}


def test_every_command_that_is_declared_is_in_the_help(run) -> None:
    declared = commands_of_the_modules()
    assert declared == main.main.commands
    help_text = run("--help").out
    for name in declared:
        assert re.search(rf"^  {name}  ", help_text, re.MULTILINE), name


def test_a_year_that_only_another_plan_covers_is_named_on_stderr(run) -> None:
    answer = run("tasks", "2025", "--format", "json")
    assert answer.code == 0
    assert json.loads(answer.out)["plan"]["id"] == "14fyp"
    assert "14fyp" in answer.err


def test_text_from_a_plan_is_data(run, tmp_path: Path) -> None:
    source = (ROOT / "data/2024/source.txt").read_text("utf-8")
    hostile = source.replace(
        "Promote the revision of the Trademark Law",
        "[red]=HYPERLINK(1)[/red] \x1b]0;owned\x07\x1b[31mPromote the revision of the Trademark Law",
    )
    path = tmp_path / "hostile.txt"
    path.write_text(hostile, "utf-8")
    answer = run("tasks", str(path))
    assert "[red]=HYPERLINK(1)[/red]" in answer.out
    assert "\x1b" not in answer.out
    cells = run("tasks", str(path), "--format", "csv").out
    assert "\n=" not in cells
    assert ",=" not in cells


def call(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "plancmp", *arguments], capture_output=True, text=True, timeout=120, **options
    )


def test_a_pipe_that_is_closed_early_is_no_error() -> None:
    command = f"{sys.executable} -m plancmp diff 2021 2024 --full | head -n 3"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 3


def test_output_in_an_encoding_without_signs_does_not_fail() -> None:
    done = call("diff", "2021", "2024", env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "^ escalated" in done.stdout


@pytest.mark.parametrize("form", ["json", "csv", "md", "html"])
def test_what_programs_read_is_utf_8_whatever_the_output_can_show(form: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "plancmp", "history", "剑网", "--format", form]
    done = subprocess.run(command, capture_output=True, timeout=120, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "剑网" in done.stdout.decode("utf-8")


def test_a_decision_is_confirmed_where_the_output_cannot_show_its_arrow(tmp_path: Path) -> None:
    path = tmp_path / "decisions.toml"
    done = call(
        *("review", "2021", "2024", "--set", "30=31:none", "--decisions", str(path), "--list"),
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2
    assert path.exists()


def test_debug_behind_two_hyphens_is_a_word(run) -> None:
    answer = run("history", "--", "--debug")
    assert answer.code == 0
    assert "Traceback" not in answer.err


def test_nothing_but_the_answer_goes_to_stdout_and_no_colour_into_a_pipe() -> None:
    done = call("diff", "2021", "2024")
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_every_command_has_help_with_an_example_or_none_to_give() -> None:
    for name, command in main.main.commands.items():
        assert command.help, name
        for option in command.params:
            assert option.param_type_name == "argument" or option.help, (name, option.name)


def test_errors_carry_their_exit_codes() -> None:
    assert UsageError("x").exit_code == 2


HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202e\u2066\U000e0041\u061c\x9b2J\r"
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\U000e0000-\U000e0fff]")


@pytest.mark.parametrize("form", ["table", "json", "csv", "md", "html"])
def test_titles_issuers_and_file_names_cannot_steer_a_terminal(
    run, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    file = tmp_path / f"{HOSTILE}plan\n2.txt"
    marks = "\u202e\u2066\U000e0041\u061c"
    more = "".join(f"{n}. Promote the planting of orchards of kind {n}. (The Office of Trees)\n" for n in range(2, 60))
    file.write_text(
        f"{marks}Plan {marks}for Orchards in 2031\n{marks}Office {marks}of Trees\n1. Laws{marks}\n(1) Rules\n"
        f"1. Revise \x1b[31m{marks}the Trademark Law. (The {marks}Ministry of Justice is responsible)\n{more}",
        "utf-8",
    )
    (tmp_path / "empty\x1b[31m.txt").write_text("")
    added = run("add", str(file), "--id", "mine", "--title", f"{HOSTILE}Title", "--issuer", f"Issuer{HOSTILE}")
    assert added.code == 0, added.err
    (tmp_path / "home" / "broken").mkdir()
    (tmp_path / "home" / "broken" / "plan.toml").write_text("= \x1b[31m")
    (tmp_path / "home" / "other").mkdir()
    (tmp_path / "home" / "other" / "plan.toml").write_text('covers = "\\u001b[31m"\n"\\u202e" = "x"')
    for arguments in (
        ["plans"], ["tasks", "mine"], ["tasks", str(file)], ["check", str(file)], ["diff", "mine", str(file)],
        ["diff", str(file), "2024", "--full"], ["show", "mine:1"], ["explain", "mine:1", f"{file}:1"], ["bodies", "mine", "2024"],
        ["history", "orchards"], ["search", f"trees {HOSTILE}"], ["check", str(tmp_path / "empty\x1b[31m.txt")],
        ["diff", "mine", f"{tmp_path}/none{HOSTILE}.txt"], ["tasks", HOSTILE], ["show", f"mine:{HOSTILE}"],
        ["diff", "mine", "2024", "-o", str(tmp_path / f"no{HOSTILE}" / f"out.{form}")],
        ["diff", "mine", "2024", "--status", HOSTILE], ["diff", "mine", "2024", "--section", HOSTILE],
        ["diff", "mine", "2024", "--body", HOSTILE], ["diff", "mine", "2024", "--decisions", f"none{HOSTILE}"],
        ["evaluate", f"none{HOSTILE}.json"], [HOSTILE],
    ):  # fmt: skip
        answer = run(*arguments, *(["--format", form] if arguments[0] != HOSTILE else []))
        assert not _UNSAFE.search(answer.out), arguments
        assert not _UNSAFE.search(answer.err), arguments
        assert answer.code in (0, 1, 2)
        if answer.code:
            assert all(line.startswith(("plancmp: ", "try: ")) for line in answer.err.splitlines()), answer.err
    for arguments in (
        ["add", str(file), "--id", "mine"], ["add", str(file), "--id", HOSTILE], ["remove", HOSTILE],
        ["add", str(file), "--id", "fine", "--issuer", HOSTILE], ["review", "mine", "2024", "--set", f"1=1:{HOSTILE}"],
        ["review", "mine", "2024", "--set", "1=1:none", "--note", HOSTILE, "--who", HOSTILE, "--list"],
        ["brief", "mine", "2024", "-o", f"x{HOSTILE}"],
    ):  # fmt: skip
        answer = run(*arguments)
        assert not _UNSAFE.search(answer.out + answer.err), arguments


def test_the_help_names_every_status(run) -> None:
    # Lines are broken at hyphens, too.
    assert f"severaltimes:{','.join(model.STATUSES)}." in "".join(run("diff", "--help").out.split())


def test_help_loads_what_it_shows_and_no_more() -> None:
    code = "import sys; from plancmp.cli import main; print([m for m in ('plancmp.model', 'plancmp.text', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
