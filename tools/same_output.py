"""Show that a change leaves every output as it was: run every command in every format before and after.

    python tools/same_output.py COMMIT            compare the working tree with a commit; exit code 1 where a byte differs
    python tools/same_output.py COMMIT --keep DIR keep both sides' outputs in DIR

Both run in this environment on the bundled plans, each with an empty cache and home of its own. The day of the run is
fixed for briefings by --date; page and workbook writers put no time into their files.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIRS = [("2021", "2024"), ("2023", "2024"), ("2008", "14fyp"), ("14fyp", "2024"), ("2024", "2024"), ("2024", "2021")]
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
    found: dict[str, list[str]] = {}

    def put(*arguments: str) -> None:
        found[f"{len(found):03} " + "_".join(arguments).replace("/", "-")[:80]] = list(arguments)

    for old, new in PAIRS:
        for form in ("table", "json", "csv", "md", "html"):
            put("diff", old, new, "--format", form)
    for form in ("docx", "xlsx"):
        put("diff", "2021", "2024", "-o", f"OUT.{form}")
        put("bodies", "2021", "2024", "-o", f"OUT.{form}")
        put("history", "trade secrets", "-o", f"OUT.{form}")
    for extra in FILTERS:
        put("diff", "2021", "2024", *extra)
    for ending in ("docx", "html", "md", "xlsx"):
        for extra in ([], ["--topic", "trade secrets"], ["--lang", "zh", "--status", "escalated"]):
            put("brief", "2021", "2024", "--date", "2024-05-20", *extra, "-o", f"OUT.{ending}")
    for query in QUERIES:
        for form in ("table", "json", "csv", "md", "html"):
            put("history", query, "--format", form)
        put("search", query)
        put("search", query, "--format", "json")
    for task in ("2021:30", "2024:31", "14fyp:4.2", "14fyp:box5", "2008:4.2", "2023:r1"):
        put("show", task)
        put("show", task, "--format", "json")
    for one, other in (("2021:30", "2024:31"), ("2021:1", "2024:1"), ("2021:9", "2024:3"), ("14fyp:4.1", "2024:1")):
        put("explain", one, other)
        put("explain", one, other, "--format", "json")
    for plan in ("2021", "2024", "14fyp", "2008", "2023"):
        for form in ("table", "json", "csv", "md"):
            put("tasks", plan, "--format", form)
    for extra in ([], ["--body", "SAMR"], ["--format", "json"], ["--format", "csv"], ["--format", "html"]):
        put("bodies", "2021", "2024", *extra)
    for form in ("table", "json", "csv"):
        put("plans", "--format", form)
    put("check", "data/2024/source.txt")
    put("check", "data/2008/source.txt", "--format", "json")
    put("diff", "data/2021-2022/source.txt", "2024")
    put("review", "2021", "2024", "--set", "2021:30=2024:31:continued", "--note", "seen")
    put("review", "2021", "2024", "--list")
    put("diff", "2021", "2024")
    put("add", "data/2024/source.txt", "--id", "copy", "--issued", "2025-01-01", "--series", "promotion")
    put("history", "Kunlun")
    put("remove", "copy")
    put("evaluate", "tests/gold/dev-2021-2024.json")
    put("evaluate", "tests/gold/dev-2021-2024.json", "--format", "json")
    for wrong in (["diff", "2021", "2055"], ["show", "2024:999"], ["history", ""], ["diff", "2021"], ["nonsense"]):
        put(*wrong)
    put("--help")
    for name in ("diff", "history", "search", "show", "explain", "tasks", "bodies", "plans", "check", "add", "remove"):
        put(name, "--help")
    return found


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


def main() -> int:
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
        run(before, work / "before")
        run(ROOT, work / "after")
        differing = []
        for name in commands():
            one, other = work / "before" / name, work / "after" / name
            files = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
            _, changed, missing = filecmp.cmpfiles(one, other, files, shallow=False)
            differing += [f"{name}: {file}" for file in (*changed, *missing)]
    print("\n".join(differing) or "no byte differs", f"({len(commands())} commands)")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
