"""The README stays true: its commands run, every command is in it, its numbers are those of today."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import plancmp
from plancmp.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("plancmp ")]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_runs(line: str, tmp_path: Path) -> None:
    arguments = [str(ROOT / part) if part.startswith(("data/", "tests/")) else part for part in shlex.split(line)[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "plancmp", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or list(tmp_path.iterdir())


def test_exactly_two_lines_do_all_the_set_up() -> None:
    lines = [line for line in README.splitlines() if "pip install" in line and "venv" in line]
    assert len(lines) == 2
    assert lines[0].endswith("plancmp diff 2021 2024")
    assert lines[1].endswith("pytest")


def test_every_command_and_format_is_in_the_readme() -> None:
    for name in main.main.commands:
        assert f"plancmp {name}" in README, name


def test_the_python_of_the_readme_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(block, "README", "exec"), {})


def test_the_figures_of_the_readme_are_those_of_the_labels(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["plancmp", "evaluate", str(ROOT / "tests/gold/dev-2021-2024.json"), "--format", "json"]
    )
    with pytest.raises(SystemExit):
        main.run()
    score = json.loads(capsys.readouterr().out)
    row = next(line for line in README.splitlines() if line.startswith("| **plancmp**"))
    assert f"**{score['links']['f1']:.2f}**" in row
    right = score["status"]["judged"] - len(score["status"]["wrong"])
    assert f"{right} of {score['status']['judged']} statuses" in README


def test_the_readme_counts_what_cannot_be_told() -> None:
    summary = plancmp.diff(plancmp.load("2021"), plancmp.load("2024")).summary
    assert f"so {summary['new_commitments']['undetermined']} commitments of 2024 are" in README


@pytest.mark.parametrize("picture", re.findall(r"!\[[^\]]*\]\(([^)]*)\)", README))
def test_pictures_are_there(picture: str) -> None:
    assert (ROOT / picture).stat().st_size > 1000
