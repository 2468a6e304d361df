"""Try to lose something: kills, corruptions and simultaneous writers, counted.

    python tools/faults.py                                       500 kills, 500 corruptions, 100 rounds of eight writers
    python tools/faults.py --kills 60 --corruptions 60 --rounds 10 --seed 7

Each trial has a home and cache of its own kind below a temporary directory. A kill must leave every decision that was
confirmed and the old or the new plan, whole; the next command must work and clear up. A corrupted file must give the
right answer, made anew, or one clear error that names it; never a wrong answer. All of eight writers that were told of
success must be found in the file. Prints the counts, of an interrupted run too, and each loss; exit code 1 on any.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from plancmp.outcomes.decision_files import read

ROOT = Path(__file__).resolve().parent.parent
PAIR = "2021-2022--2024.toml"
PLAN = "1. Laws\n(1) Rules\n" + "".join(
    f"{n}. WORD the orchards of kind {n}. (The Ministry of Justice is responsible)\n" for n in range(1, 40)
)


class Place:
    """A home and a cache, and commands that run with them."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.home, self.cache = directory, directory / "home", directory / "cache"
        self.environment = os.environ | {
            "PLANCMP_HOME": str(self.home), "PLANCMP_CACHE": str(self.cache), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1",
        }  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "plancmp", *arguments],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=300)
        return process.returncode, out, errors

    def plan(self, word: str) -> str:
        """The path of a document in which every task begins with this word."""
        path = self.directory / f"{word}.txt"
        path.write_text(PLAN.replace("WORD", word), "utf-8")
        return str(path)

    def decided(self) -> set[tuple[str, str]]:
        file = self.home / "decisions" / PAIR
        return {decision.pair for decision in read(file).entries} if file.exists() else set()

    def leftovers(self) -> list[str]:
        return [str(path.relative_to(self.home)) for path in self.home.rglob(".*") if not path.name.endswith(".lock")]


def killed_after(process: subprocess.Popen, delay: float) -> bool:
    """Kill a process after so many seconds; False if it had ended before."""
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    process.communicate()
    return False


def at_a_rename(place: Place, rng: random.Random, arguments: tuple[str, ...]) -> bool:
    """Kill a command at one of its renames, before or after it: there a loss is likeliest. False if it had ended."""
    code = (
        "import os, signal, sys\n"
        "left = int(sys.argv.pop(1))\n"
        "def dying(real):\n"
        "    def call(*given, **named):\n"
        "        global left\n"
        "        left -= 1\n"
        "        if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        real(*given, **named)\n"
        "        left -= 1\n"
        "        if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return call\n"
        "os.rename, os.replace, os.unlink, os.rmdir = map(dying, (os.rename, os.replace, os.unlink, os.rmdir))\n"
        "from plancmp.cli import main\n"
        "main.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(rng.randint(1, 12)), *arguments], env=place.environment, capture_output=True
    )
    return done.returncode < 0


def kills(place: Place, count: int, rng: random.Random, found: Counter[str], lost: Callable[[str], None]) -> None:
    """Kill writers of decisions and of plans at any moment."""
    confirmed: set[tuple[str, str]] = set()
    words = ["first"]
    place.run("add", place.plan("first"), "--id", "mine")
    began = time.perf_counter()
    place.run("tasks", "mine")
    usual = time.perf_counter() - began
    while found["kills"] < count:
        if rng.random() < 0.5:
            pair = (str(rng.randint(1, 64)), str(rng.randint(1, 110)))
            arguments: tuple[str, ...] = ("review", "2021", "2024", "--set", f"{pair[0]}={pair[1]}:none")
        else:
            pair = None
            words.append(f"word{found['trials']}")
            arguments = ("add", place.plan(words[-1]), "--id", "mine", "--replace")
        found["trials"] += 1
        kind = "at a rename" if rng.random() < 0.6 else "at any time"
        if kind == "at a rename":
            died = at_a_rename(place, rng, arguments)
        else:
            died = killed_after(place.start(*arguments), rng.uniform(0.3, 1.3) * usual)
        found["kills"] += died
        found[f"kills {kind}"] += died
        if pair and not died:
            confirmed.add(pair)
        try:
            decided = place.decided()
        except Exception as error:
            lost(f"the decisions cannot be read after trial {found['trials']}: {error}")
            break
        if missing := confirmed - decided:
            lost(f"decisions gone after trial {found['trials']}: {sorted(missing)}")
        confirmed = decided
        if not pair:
            code, out, errors = place.run("tasks", "mine", "--format", "csv")
            now = set(re.findall(r",(\w+) the orchards", out))
            if code or len(now) != 1 or not now <= {words[-1], words[-2]} or (not died and now != {words[-1]}):
                lost(f"the plan after trial {found['trials']} ({words[-2:]}): {code} {now} {errors[:200]}")
            words = [now.pop() if now else words[-1]]
    place.run("add", place.plan("last"), "--id", "mine", "--replace")
    place.run("review", "2021", "2024", "--set", "1=1:none")
    if left := place.leftovers():
        lost(f"left behind: {left}")


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The data with a bit flipped, a stretch lost, zeroed or doubled, or cut."""
    if not data:
        return b"\0"
    a = rng.randrange(len(data))
    b = min(len(data), a + rng.randint(1, 64))
    flipped = bytes([data[a] ^ (1 << rng.randrange(8))])
    return rng.choice(
        [data[:a] + flipped + data[a + 1 :]] * 3 + [data[:a] + data[b:], data[:a] + bytes(b - a) + data[b:], data[:a], data[:b] + data[a:]]
    )  # fmt: skip


def corruptions(place: Place, count: int, rng: random.Random, found: Counter[str], lost: Callable[[str], None]) -> None:
    """Damage one file of the home or of the cache at a time, ask, and put it back."""
    place.run("add", place.plan("first"), "--id", "mine", "--issued", "2025-01-01", "--series", "promotion")
    place.run("review", "2021", "2024", "--set", "30=31:continued", "--note", "as counsel says")
    questions = [
        ("diff", "2021", "2024", "--format", "json"), ("tasks", "mine", "--format", "json"), ("history", "orchards", "--format", "json"),
        ("diff", "2023", "2024", "--format", "csv"), ("search", "trade secrets", "--format", "json"), ("plans", "--format", "csv"),
    ]  # fmt: skip
    expected = {question: place.run(*question) for question in questions}
    assert not any(code for code, _, _ in expected.values()), expected
    whole = place.directory / "whole"
    for name in ("home", "cache"):
        shutil.copytree(place.directory / name, whole / name)
    for trial in range(count):
        files = sorted(
            path for name in ("home", "cache") for path in (place.directory / name).rglob("*") if path.is_file()
        )
        path = rng.choice(files)
        before = path.read_bytes()
        path.write_bytes(damaged(before, rng))
        kind = path.relative_to(place.directory).parts[0]
        question = rng.choice(questions)
        code, out, errors = place.run(*question)
        if (code, out) == expected[question][:2]:
            found["right answers"] += 1
        elif (
            kind == "home"
            and (code == 1 or (code == 0 and errors))
            and "went wrong inside" not in errors
            and len(errors.splitlines()) <= 2
        ):
            # What the user owns cannot be made anew: the file is named, and a damaged plan left out.
            found["clear errors or notes"] += 1
        elif kind == "home" and path.suffix == ".toml" and not code:
            # A changed letter in a title or note is what a person may have written.
            found["read as edited"] += 1
        else:
            lost(
                f"corruption {trial} of {path.relative_to(place.directory)}, {' '.join(question)}: {code} {errors[:300]}"
            )
        found["corruptions"] += 1
        found[f"corruptions of the {kind}"] += 1
        for name in ("home", "cache"):
            shutil.rmtree(place.directory / name, ignore_errors=True)
            shutil.copytree(whole / name, place.directory / name)


def writers(place: Place, rounds: int, rng: random.Random, found: Counter[str], lost: Callable[[str], None]) -> None:
    """Eight at once: decisions on one pair of plans, or plans of one id."""
    confirmed: set[tuple[str, str]] = set()
    for round_ in range(rounds):
        if rng.random() < 0.7:
            pairs = [(str(a), str(rng.randint(1, 110))) for a in rng.sample(range(1, 65), 8)]
            several = [place.start("review", "2021", "2024", "--set", f"{a}={b}:none") for a, b in pairs]
            for pair, process in zip(pairs, several, strict=True):
                errors = process.communicate(timeout=300)[1]
                if process.returncode:
                    lost(f"round {round_}: a writer failed: {errors}")
                else:
                    confirmed.add(pair)
            if missing := confirmed - place.decided():
                lost(f"round {round_}: decisions gone: {sorted(missing)}")
        else:
            words = [f"round{round_}x{n}" for n in range(8)]
            several = [place.start("add", place.plan(word), "--id", f"plan{round_}") for word in words]
            codes = [process.communicate(timeout=300) and process.returncode for process in several]
            text = (place.home / f"plan{round_}" / "source.txt").read_text("utf-8")
            won = [word for word, code in zip(words, codes, strict=True) if code == 0]
            if len(won) != 1 or text.count(won[0]) != 39 or set(codes) != {0, 2}:
                lost(f"round {round_}: simultaneous adds ended with {codes}")
        found["rounds"] += 1
        found["writers"] += 8
    if left := place.leftovers():
        lost(f"left behind: {left}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--corruptions", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    losses: list[str] = []
    for name, way, count in (
        ("kills", kills, options.kills), ("corruptions", corruptions, options.corruptions), ("writers", writers, options.rounds),
    ):  # fmt: skip
        if not count:
            continue
        before = len(losses)

        def lost(words: str) -> None:
            losses.append(words)
            print(f"LOST {words}", flush=True)

        found: Counter[str] = Counter()
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as directory:
            try:
                way(Place(Path(directory)), count, random.Random(options.seed), found, lost)
            finally:
                counts = ", ".join(f"{number} {what}" for what, number in found.items())
                seconds = time.perf_counter() - began
                print(f"{name}: {counts}; {len(losses) - before} losses; {seconds:.0f} s", flush=True)
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
