"""The program in a shell: pager, colours, stdin and stdout, exit codes and completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pseudo_terminal import UNSET, Terminal, plancmp

from plancmp.analysis import selection
from plancmp.cli import completion

ROOT = Path(__file__).resolve().parent.parent
COLOUR = re.compile(r"\x1b\[[\d;]*m")
LESS = shutil.which("less")


def piped(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {key: value for key, value in os.environ.items() if key not in UNSET} | environment
    return subprocess.run([sys.executable, "-m", "plancmp", *arguments], capture_output=True, env=env)


def pager(tmp_path: Path) -> str:
    """A pager that says so and shows what it gets, and what LESS is."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "PAGED $LESS"\ncat\n')
    script.chmod(0o755)
    return str(script)


def test_a_terminal_gets_a_pager_with_what_git_tells_less(tmp_path: Path) -> None:
    with plancmp("show", "2024:31", PAGER=pager(tmp_path)) as shown:
        shown.expect("PAGED FRX")
        assert shown.end() == 0
        assert "昆仑" in shown.seen


def test_of_two_pagers_that_of_plancmp_goes_first_and_cat_is_none(tmp_path: Path) -> None:
    with plancmp("show", "2024:31", PAGER="cat", PLANCMP_PAGER=pager(tmp_path), LESS="S") as shown:
        shown.expect("PAGED S")
        assert shown.end() == 0
    for how in ({"PAGER": "cat"}, {"PAGER": pager(tmp_path), "PLANCMP_PAGER": ""}):
        with plancmp("show", "2024:31", **how) as shown:
            assert shown.end() == 0
            assert "PAGED" not in shown.seen
            assert "昆仑" in shown.seen


def test_without_a_pager_where_none_is_wanted_or_nobody_reads_page_by_page(tmp_path: Path) -> None:
    with plancmp("show", "2024:31", "--no-pager", PAGER=pager(tmp_path)) as shown:
        assert shown.end() == 0
        assert "PAGED" not in shown.seen
    assert b"PAGED" not in piped("show", "2024:31", PAGER=pager(tmp_path)).stdout


@pytest.mark.skipif(LESS is None, reason="no less here")
def test_less_ends_by_itself_where_one_screen_holds_the_answer_and_waits_where_not() -> None:
    with plancmp("show", "2024:31", "--no-color", columns=200, lines=60) as shown:
        assert shown.end() == 0
        assert "昆仑" in shown.seen
    with plancmp("diff", "2021", "2024", "--exit-code", lines=20) as shown:
        shown.expect("64 of 115 tasks")
        shown.expect(":")
        shown.type("q")
        assert shown.end() == 3


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    script = tmp_path / "once"
    script.write_text("#!/bin/sh\nhead -n 1\n")
    script.chmod(0o755)
    with plancmp("tasks", "2024", "--full", PAGER=str(script)) as shown:
        assert shown.end() == 0
        assert "Traceback" not in shown.seen
        assert "Broken" not in shown.seen


def test_colours_on_a_terminal_unless_they_are_not_wanted(tmp_path: Path) -> None:
    for options, environment, colours in (
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        (["--no-color"], {}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"TERM": "dumb"}, False),
    ):
        with plancmp("show", "2024:31", "--no-pager", *options, **environment) as shown:
            assert shown.end() == 0
            assert bool(COLOUR.search(shown.seen)) == colours, (options, environment)


def test_colours_in_a_pipe_only_where_they_are_wanted(tmp_path: Path) -> None:
    for options, environment, colours in (
        ([], {}, False),
        (["--color", "always"], {}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["-o", str(tmp_path / "task.txt")], {"FORCE_COLOR": "1"}, False),
    ):
        found = piped("show", "2024:31", *options, **environment)
        assert found.returncode == 0
        assert bool(COLOUR.search(found.stdout.decode())) == colours, (options, environment)
    assert not COLOUR.search((tmp_path / "task.txt").read_text("utf-8"))


def test_a_dash_is_stdin_and_stdout() -> None:
    text = (ROOT / "data" / "2024" / "source.txt").read_bytes()
    command = [sys.executable, "-m", "plancmp"]
    shown = subprocess.run([*command, "tasks", "-", "--format", "json", "-o", "-"], input=text, capture_output=True)
    assert shown.returncode == 0
    assert b'"stdin:110"' in shown.stdout
    for junk, says in ((b"", "stdin: is empty"), (b"good morning", "stdin: no task found")):
        wrong = subprocess.run([*command, "tasks", "-"], input=junk, capture_output=True)
        assert wrong.returncode == 1
        assert says in wrong.stderr.decode()
    assert not (ROOT / "-").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("diff", "2021", "2024"), 0),
        (("diff", "2021", "2024", "--exit-code"), 3),
        (("diff", "2024", "2024", "--exit-code"), 0),
        (("history", "trade secrets", "--exit-code"), 0),
        (("history", "xyzzy", "--exit-code"), 3),
        (("search", "xyzzy", "--exit-code"), 3),
        (("search", "xyzzy"), 0),
    ],
)
def test_exit_codes(run: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], code: int) -> None:
    """In a terminal they are the same: `test_less_ends_by_itself_where_one_screen_holds_the_answer_and_waits_where_not`."""
    assert run(*arguments)[0] == code


def completions(line: str, shell: str = "fish") -> list[str]:
    """What the program offers at the end of a line."""
    last = "" if line.endswith(" ") else line.split()[-1]
    words = {"COMP_WORDS": line, "COMP_CWORD": last, "_PLANCMP_COMPLETE": f"{shell}_complete"}
    shown = piped(**words).stdout.decode().splitlines()
    return [value.split(",", 1)[1].split("\t")[0] for value in shown if value]


@pytest.mark.parametrize(
    ("line", "has", "lacks"),
    [
        ("plancmp hi", ["history"], ["diff"]),
        ("plancmp diff ", ["2021-2022", "2024", "14fyp"], []),
        ("plancmp diff 2021 20", ["2008", "2023", "2024"], ["14fyp"]),
        ("plancmp diff 2021 2024 --status ", list(selection.STATUSES), []),
        ("plancmp diff 2021 2024 --body MP", ["MPS"], ["SAMR"]),
        ("plancmp diff 2021 2024 --section 2", ["2", "2.1"], ["1", "3.1"]),
        ("plancmp tasks 14fyp --section I", ["IV"], ["2"]),
        ("plancmp show 20", ["2024:", "2008:"], []),
        ("plancmp show 2024:3", ["2024:3", "2024:31"], ["2024:4"]),
        ("plancmp history x --plan 14", ["14fyp"], ["2024"]),
        ("plancmp explain 2021:30 2024:31 --co", ["--color"], ["--width"]),
    ],
)
def test_values_are_completed(line: str, has: list[str], lacks: list[str]) -> None:
    found = completions(line)
    assert set(has) <= set(found)
    assert not set(lacks) & set(found)


def test_completion_imports_nothing_heavy() -> None:
    line = {"COMP_WORDS": "plancmp show 2024:", "COMP_CWORD": "2024:", "_PLANCMP_COMPLETE": "fish_complete"}
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "plancmp"], capture_output=True, env=os.environ | line
    )
    assert b"2024:31" in found.stdout
    loaded = {row.split("|")[-1].strip() for row in found.stderr.decode().splitlines()}
    assert not loaded & {"rich.console", "numpy", "scipy", "torch", "rapidfuzz", "sentence_transformers"}


def own_home(tmp_path: Path) -> dict[str, str]:
    """A home of its own, with the program on the path."""
    program = tmp_path / "bin" / "plancmp"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m plancmp "$@"\n')
    program.chmod(0o755)
    (tmp_path / "home").mkdir()
    return {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PS1": "$ ",
    }


@pytest.mark.parametrize(("shell", "options"), [("bash", ["-i"]), ("zsh", ["-i"]), ("fish", ["-i"])])
def test_completion_is_installed_and_works_in_the_shell(tmp_path: Path, shell: str, options: list[str]) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    home = own_home(tmp_path)
    startup = tmp_path / "home" / f".{shell}rc"
    startup.write_text("alias ll=ls")
    for _ in range(2):
        said = piped("completion", shell, "--install", **home)
        assert said.returncode == 0, said.stderr
    # The user's own lines stay, and ours is there once.
    lines = startup.read_text().splitlines()
    assert lines[0] == "alias ll=ls"
    assert len(lines) == (1 if shell == "fish" else 2)
    with Terminal(shell, *options, **home) as terminal:
        terminal.type("echo rea''dy\n")
        terminal.expect("ready")
        # Only what the shell adds is waited for: it may draw the rest of the line again or not.
        terminal.type("plancmp show 14fyp:ind\t")
        terminal.expect("icator")
        terminal.type("1 --no-pager --format json\n")
        terminal.expect('"ref": "14fyp:indicator1"')
        terminal.type("plancmp diff 2021 2024 --status esc\t")
        terminal.expect("alated")


def test_completion_can_be_printed() -> None:
    for shell in completion.SHELLS:
        assert "_plancmp_completion" in piped("completion", shell).stdout.decode()
    assert piped("completion", "tcsh").returncode == 2
