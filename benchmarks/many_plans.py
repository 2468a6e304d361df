"""What history and search cost over many plans, as whole processes, and what one plan more costs.

    python benchmarks/many_plans.py [--plans 1000] [--tasks 110] [--runs 5] [--keep DIRECTORY]

The plans are made up from sentences of the bundled ones with words exchanged: 31 series, one plan a year, of which each
takes up half of its forerunner's tasks. Vectors are sums of fixed random directions, one a word, and at hand from the
beginning, so that no model is timed. Reported by themselves are the reading of all plans, the first question, which
answers before neighbours are compared, and the comparing of all that the tables show, which takes long and after which
the commands are measured. With --keep the plans and the cache stay, and the next run begins where this one ended.
Ratios are those of medians, the baseline being measured in turn.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import startup

from plancmp.embeddings import encoders, vector_store
from plancmp.linkage import preparation
from plancmp.settings import DEFAULT_MODEL

# The made-up plans are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from made_up import large_plans

_SERIES = 31
_SINCE = 1990
_READ_ALL = "from plancmp.search import index; index.with_index(lambda at_hand: None)"
# How many tasks the table of a history shows.
_SHOWN = 300


def _encoder():
    """The made-up plans' encoder of next to no cost, under the name of the default model."""

    made = large_plans.Hashed()
    made.name = DEFAULT_MODEL
    return made


def write(home: Path, count: int, size: int) -> list[str]:
    """Make up the plans, oldest first, and write them to a directory of one's own plans; their ids."""
    rng = random.Random(0)
    real = [task for task in large_plans.real_tasks() if 12 <= len(task.text.split()) <= 70 and task.responsibility]
    words = large_plans.words_of([task.text for task in real])
    before: dict[int, list[tuple[str, int]]] = {}
    names = []
    for number in range(count):
        series, year = number % _SERIES, _SINCE + number // _SERIES
        tasks = []
        for text, like in rng.sample(before.get(series, []), min(size // 2, len(before.get(series, [])))):
            tasks.append((large_plans.changed(text, words, rng), like))
        while len(tasks) < size:
            like = rng.randrange(len(real))
            tasks.append((large_plans.varied(real[like].text, words, rng, stay=0.7), like))
        rng.shuffle(tasks)
        before[series] = tasks
        names.append(f"p{series:02}-{year}")
        _write_plan(home / names[-1], series, year, [(text, real[like].responsibility) for text, like in tasks])
    return names


def _write_plan(place: Path, series: int, year: int, tasks: list[tuple[str, str]]) -> None:
    if place.exists():
        return
    place.mkdir(parents=True)
    items = [f"{number}. {text} {charge}" for number, (text, charge) in enumerate(tasks, 1)]
    (place / "source.txt").write_text("\n\n".join(items) + "\n", "utf-8")
    (place / "plan.toml").write_text(
        f'title = "Intellectual Property Plan of Province {series} for {year}"\nissuer = "Office of Province {series}"\n'
        f"issued = {year}-{1 + series % 12:02}-{1 + series % 28:02}\ncovers = [{year}, {year}]\n"
        f'series = "province {series}"\nlanguage = "en"\ndeclared_tasks = {len(tasks)}\n',
        "utf-8",
    )


def put_vectors(name: str) -> None:
    """Put the vectors of a plan's texts where they are looked for first."""
    from plancmp.plans import catalogue

    place = catalogue.home() / name / vector_store.file_name(DEFAULT_MODEL)
    if not place.exists():
        texts = preparation.records_of(catalogue.stored(name)).texts
        vector_store.write_store(place, vector_store.keys_of(texts), _encoder().encode(texts))


def asked_first(query: str) -> int:
    """How many tasks a history has. The query's vector, if it needs one, is made by the cheap encoder and at hand then."""
    from plancmp.analysis import history
    from plancmp.embeddings import vectors

    vectors.encoder = lambda *_: _encoder()
    return len(history.history(query, complete=True, linked=_SHOWN).entries)


def queries(names: list[str]) -> list[tuple[str, str]]:
    """What is asked, and of what kind it is."""
    from plancmp.plans import catalogue

    plan = catalogue.stored(names[len(names) // 2])
    long = max(plan.tasks[:4], key=lambda task: asked_first(task.ref))
    # No task has all these words: twelve of one task, and one of none.
    near = " ".join((*[word for word in long.text.split() if word.isalpha() and len(word) > 3][:12], "xyzzy"))
    return [
        ("a frequent topic", "pledge financing"),
        ("a rare topic", "Kunlun"),
        ("a body", "SAMR"),
        ("a body and a topic", "CNIPA trade secrets"),
        ("a task followed", long.ref),
        ("a miss", "香蕉"),
        ("a miss in meaning", "xyzzy"),
        ("a match in meaning", near),
    ]


def embedding(name: str) -> float:
    """Seconds in which the default model, once loaded, embeds all texts of a plan."""
    from plancmp.plans import catalogue

    encoder = encoders.choose_encoder()
    encoder.encode(["to load it"])
    texts = preparation.records_of(catalogue.stored(name)).texts
    start = time.perf_counter()
    encoder.encode(texts)
    return time.perf_counter() - start


def measured(command: list[str], runs: int) -> tuple[float, float, float]:
    """Ratio to the baseline, seconds and peak MB of a command when warm."""
    startup.run(command)
    times, floors, memory = [], [], 0.0
    for _ in range(runs):
        seconds, peak = startup.run(command)
        times.append(seconds)
        memory = max(memory, peak)
        floors.append(startup.run(startup.FLOOR)[0])
    return statistics.median(times) / statistics.median(floors), statistics.median(times), memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=110)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a directory for plans and cache, instead of a temporary one")
    options = parser.parse_args()
    # One matrix library's thread a process, as the commands have it.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.keep or Path(temporary)).absolute()
        os.environ |= {"PLANCMP_HOME": str(place / "home"), "PLANCMP_CACHE": str(place / "cache")}
        # The memory of a command counts from that of the process that starts it: this one stays small.
        with ProcessPoolExecutor() as others:
            _report(place / "home", options, others)


def _report(home: Path, options: argparse.Namespace, others: ProcessPoolExecutor) -> None:
    # One plan more than asked for, which comes at the end.
    names = others.submit(write, home, options.plans + 1, options.tasks).result()
    list(others.map(put_vectors, names, chunksize=8))
    last, aside = home / names[-1], home.parent / names[-1]
    last.rename(aside)
    try:
        seconds, _ = startup.run([sys.executable, "-c", _READ_ALL])
        print(f"Reading {options.plans:,} plans: {seconds:.0f} s.", flush=True)
        for query in ("pledge financing", "SAMR"):
            seconds, memory = startup.run([*startup.PLANCMP, "history", query])
            print(f"The first question, history {query!r}: {seconds:.1f} s, {memory:.0f} MB.", flush=True)
        start = time.perf_counter()
        asked = others.submit(queries, names[:-1]).result()
        # Matches in words ask for the links of plans with a match, matches in meaning for the vectors of all.
        counts = [others.submit(asked_first, query).result() for _, query in asked]
        print(f"All that --complete works out for these: {time.perf_counter() - start:.0f} s.\n", flush=True)
        print("| asked for | tasks found | command | ratio to imports | seconds | peak memory |")
        print("|---|---|---|---|---|---|")
        for (what, query), count in zip(asked, counts, strict=True):
            for command in ("history", "search"):
                ratio, seconds, memory = measured([*startup.PLANCMP, command, query], options.runs)
                print(f"| {what} | {count:,} | {command} | {ratio:.1f} | {seconds:.2f} | {memory:.0f} MB |", flush=True)
        command = [*startup.PLANCMP, "history", asked[0][1]]
        before = measured(command, options.runs)[1]
    finally:
        aside.rename(last)
    added = startup.run(command)[0] - before
    own = others.submit(embedding, names[-1]).result()
    print(
        f"\nOne plan more: {added:.1f} s for reading it and comparing it with its neighbours, {added / own:.2f} times"
    )
    print(f"the {own:.1f} s in which the default model, once loaded, embeds its texts.")


if __name__ == "__main__":
    main()
