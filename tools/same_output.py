"""Show that a change leaves every output as it was: run every command in every format before and after.

    python tools/same_output.py COMMIT            compare the working tree with a commit; exit code 1 where a byte differs
    python tools/same_output.py COMMIT --keep DIR keep both sides' outputs in DIR

Both run in this environment on the bundled plans, each with an empty cache and home of its own, which takes some minutes.
The day of the run is fixed for briefings by --date; page and workbook writers put no time into their files.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from plancmp.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
PAIRS = [("2021", "2024"), ("2023", "2024"), ("2008", "14fyp"), ("14fyp", "2024"), ("2024", "2024"), ("2024", "2021")]
TEXT_FORMS = ("table", "json", "csv", "md", "html")
FILTERS = [
    ["--status", "escalated"], ["--section", "2"], ["--body", "SAMR"], ["--topic", "trade secrets"],
    ["--min-confidence", "0.9"], ["--full"], ["--summary"], ["--width", "80"], ["--width", "200"],
]  # fmt: skip
QUERIES = [
    "trade secrets",
    "剑网",
    "2021:37",
    "IP-backed loans",
    "Kunlun",
    "quantum gardening",
    "geographical indications",
]


def commands() -> dict[str, list[str]]:
    """Every command line by a name that can be a file's; OUT stands for the file written."""
    lines = [*_of_two_plans(), *_of_topics(), *_of_tasks_and_plans(), *_in_order(), *_wrong_and_help()]
    return {f"{index:03} " + "_".join(words).replace("/", "-")[:80]: list(words) for index, words in enumerate(lines)}


def _of_two_plans() -> Iterator[tuple[str, ...]]:
    for pair, form in product(PAIRS, TEXT_FORMS):
        yield "diff", *pair, "--format", form
    for form in ("docx", "xlsx"):
        yield "diff", "2021", "2024", "-o", f"OUT.{form}"
        yield "bodies", "2021", "2024", "-o", f"OUT.{form}"
    for extra in FILTERS:
        yield "diff", "2021", "2024", *extra
    choices = ([], ["--topic", "trade secrets"], ["--lang", "zh", "--status", "escalated"])
    for ending, extra in product(("docx", "html", "md", "xlsx"), choices):
        yield "brief", "2021", "2024", "--date", "2024-05-20", *extra, "-o", f"OUT.{ending}"
    for extra in ([], ["--body", "SAMR"], ["--format", "json"], ["--format", "csv"], ["--format", "html"]):
        yield "bodies", "2021", "2024", *extra
    yield "diff", "data/2021-2022/source.txt", "2024"


def _of_topics() -> Iterator[tuple[str, ...]]:
    for query, form in product(QUERIES, TEXT_FORMS):
        yield "history", query, "--format", form
    for query in QUERIES:
        yield "search", query
        yield "search", query, "--format", "json"
    for form in ("docx", "xlsx"):
        yield "history", "trade secrets", "-o", f"OUT.{form}"


def _of_tasks_and_plans() -> Iterator[tuple[str, ...]]:
    for task in ("2021:30", "2024:31", "14fyp:4.2", "14fyp:box5", "2008:4.2", "2023:r1"):
        yield "show", task
        yield "show", task, "--format", "json"
    for one, other in (("2021:30", "2024:31"), ("2021:1", "2024:1"), ("2021:9", "2024:3"), ("14fyp:4.1", "2024:1")):
        yield "explain", one, other
        yield "explain", one, other, "--format", "json"
    for plan, form in product(("2021", "2024", "14fyp", "2008", "2023"), ("table", "json", "csv", "md")):
        yield "tasks", plan, "--format", form
    for form in ("table", "json", "csv"):
        yield "plans", "--format", form
    yield "check", "data/2024/source.txt"
    yield "check", "data/2008/source.txt", "--format", "json"
    yield "evaluate", "tests/gold/dev-2021-2024.json"
    yield "evaluate", "tests/gold/dev-2021-2024.json", "--format", "json"


def _in_order() -> Iterator[tuple[str, ...]]:
    """Commands that change what later ones find."""
    yield "review", "2021", "2024", "--set", "2021:30=2024:31:continued", "--note", "seen"
    yield "review", "2021", "2024", "--list"
    yield "diff", "2021", "2024"
    yield "add", "data/2024/source.txt", "--id", "copy", "--issued", "2025-01-01", "--series", "promotion"
    yield "history", "Kunlun"
    yield "remove", "copy"


def _wrong_and_help() -> Iterator[tuple[str, ...]]:
    yield from (("diff", "2021", "2055"), ("show", "2024:999"), ("history", ""), ("diff", "2021"), ("nonsense",))
    yield ("--help",)
    for name in main.commands:
        yield name, "--help"


def run(source: Path, into: Path) -> None:
    """Run all commands with the package of a checkout; write what each printed, and its file, into a directory."""
    into.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as own:
        environment = os.environ | {
            "PYTHONPATH": str(source), "PLANCMP_CACHE": f"{own}/cache", "PLANCMP_HOME": f"{own}/home", "HF_HUB_OFFLINE": "1",
        }  # fmt: skip
        for name, arguments in commands().items():
            folder = into / name
            folder.mkdir()
            words = [argument.replace("OUT", str(folder / "out")) for argument in arguments]
            done = subprocess.run(
                [sys.executable, "-m", "plancmp", *words], cwd=source, env=environment, capture_output=True, check=False
            )
            (folder / "stdout").write_bytes(done.stdout)
            # Where the answer went differs by the folder.
            (folder / "stderr").write_bytes(done.stderr.replace(str(folder).encode(), b"FOLDER"))
            (folder / "code").write_text(str(done.returncode))


def compare() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        work = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shutil.rmtree(work / "before", ignore_errors=True)
        shutil.rmtree(work / "after", ignore_errors=True)
        before = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "checkout"
        subprocess.run(["git", "worktree", "add", "--detach", "-q", str(before), options.commit], cwd=ROOT, check=True)
        stack.callback(subprocess.run, ["git", "worktree", "remove", "--force", str(before)], cwd=ROOT, check=True)
        # Documents name the command that repeats them, output path and all: both sides write to one.
        for source, side in ((before, "before"), (ROOT, "after")):
            run(source, work / "outputs")
            (work / "outputs").rename(work / side)
        differing = []
        for name in commands():
            one, other = work / "before" / name, work / "after" / name
            files = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
            _, changed, missing = filecmp.cmpfiles(one, other, files, shallow=False)
            differing += [f"{name}: {file}" for file in (*changed, *missing)]
    print("\n".join(differing) or "no byte differs", f"({len(commands())} commands)")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(compare())
