"""How time, memory and quality grow with the number of tasks, on made-up plans whose true links are known.

    python benchmarks/growth.py [--sizes 1000,5000,10000,20000] [--alike 1000,10000] [--assignment 2500]

The tasks are sentences of the bundled plans in which places, numbers and some other words are exchanged; half of the
old ones return with changed words, the order is shuffled. `alike`: a harder kind, in which many tasks promise the same
and differ in the names of places and trades only. Vectors are sums of fixed random directions, one a word, so that no
model is timed; they are at hand before the clock starts. PolyFuzz (TF-IDF, both directions, a pair counts where each is
the other's best and likeness reaches 0.5) needs the extra `benchmarks`; rapidfuzz with an assignment solver runs up to
the size given. Each figure is that of a process of its own. The three figures for large plans in plancmp/linkage/match_model.py were
fitted to seed 0; seed 1 is measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from plancmp import pipeline
from plancmp.linkage import match_model, preparation, records

# The made-up plans are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from made_up.large_plans import Hashed, Made, alike, made_up, plans

# Of the processor where the machine does other things too.
CLOCK = time.process_time if os.environ.get("BENCHMARK_CLOCK") == "processor" else time.perf_counter

Found = tuple[float, set[tuple[int, int]]]


def prime(old: list[Made], new: list[Made]) -> Found:
    """Keep the vectors, so that they are at hand when the clock starts."""
    for plan in plans(old, new):
        preparation.vectors_of(plan, records.build(plan.tasks), Hashed())
    return 0.0, set()


def by_plancmp(old: list[Made], new: list[Made]) -> Found:
    """Seconds and pairs of a comparison: the first one of two plans, or a later one, as these have been kept taken apart."""

    both, encoder = list(plans(old, new)), Hashed()
    start = CLOCK()
    alignment = match_model.predict(pipeline.compare_plans(*both, encoder), encoder.name)
    result = pipeline.judge(*both, alignment)
    seconds = CLOCK() - start
    return seconds, {(int(link.old.split(":")[1]), int(link.new.split(":")[1])) for link in result.links}


def by_polyfuzz(old: list[Made], new: list[Made]) -> Found:
    """Pairs of texts that are each the other's best by TF-IDF of three letters."""
    from polyfuzz.models import TFIDF

    texts = [[task.text for task in side] for side in (old, new)]
    start = CLOCK()
    best = []
    for one, other in ((texts[0], texts[1]), (texts[1], texts[0])):
        found = TFIDF(n_gram_range=(3, 3), min_similarity=0.5).match(one, other)
        place = {text: i for i, text in enumerate(other)}
        best.append([place.get(text, -1) for text in found["To"]])
    seconds = CLOCK() - start
    return seconds, {(i, j) for i, j in enumerate(best[0]) if j >= 0 and best[1][j] == i}


def by_assignment(old: list[Made], new: list[Made]) -> Found:
    """The assignment of texts with the greatest sum of token_set_ratio; pairs from 70 of 100 count."""
    from rapidfuzz.fuzz import token_set_ratio
    from rapidfuzz.process import cdist
    from scipy.optimize import linear_sum_assignment

    start = CLOCK()
    table = cdist([task.text for task in old], [task.text for task in new], scorer=token_set_ratio, workers=-1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    seconds = CLOCK() - start
    return seconds, {(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if table[i, j] >= 70}


WAYS = {
    "plancmp": by_plancmp,
    "plancmp again": by_plancmp,
    "PolyFuzz TF-IDF": by_polyfuzz,
    "cdist and assignment": by_assignment,
}


def one(way: str, data: Path) -> None:
    """Run one way in this process and print its figures as JSON."""
    import resource

    made = json.loads(data.read_text("utf-8"))
    seconds, found = (WAYS | {"": prime})[way](*([Made(*task) for task in made[side]] for side in ("old", "new")))
    truth = {tuple(pair) for pair in made["truth"]}
    f1 = 2 * len(truth & found) / max(len(truth) + len(found), 1)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, f1]))


def measured(way: str, data: Path) -> list[float]:
    """Seconds, peak memory in MB and F1 of one way in a process of its own."""
    command = [sys.executable, __file__, "--one", way, str(data)]
    environment = os.environ | {"PLANCMP_CACHE": str(data.parent / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,5000,10000,20000")
    parser.add_argument("--alike", default="1000,10000", help="sizes of the harder kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--assignment", type=int, default=2500, help="most tasks for the assignment solver")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return
    sizes, harder = ([int(size) for size in kind.split(",") if size] for kind in (options.sizes, options.alike))
    print("| tasks a side | way | time, of PolyFuzz's | seconds | peak memory | F1 |")
    print("|---|---|---|---|---|---|")
    times: dict[int, float] = {}
    for make, size in [*((made_up, size) for size in sizes), *((alike, size) for size in harder)]:
        with tempfile.TemporaryDirectory() as directory:
            data = Path(directory) / "made.json"
            old, new, truth = make(size, options.seed)
            made = {name: [[task.text, task.like] for task in side] for name, side in (("old", old), ("new", new))}
            data.write_text(json.dumps(made | {"truth": sorted(truth)}), "utf-8")
            measured("", data)
            ways = [way for way in WAYS if way != "cdist and assignment" or size <= options.assignment]
            figures = {way: measured(way, data) for way in ways}
        if make is made_up:
            times[size] = figures["plancmp"][0]
        base = figures["PolyFuzz TF-IDF"][0]
        for way, (seconds, memory, f1) in figures.items():
            kind = "" if make is made_up else " alike"
            print(
                f"| {size:,}{kind} | {way} | {seconds / base:.2f} | {seconds:.1f} | {memory:.0f} MB | {f1:.3f} |",
                flush=True,
            )
    for small, large in itertools.combinations([size for size in sizes if size >= 5000], 2):
        exponent = math.log(times[large] / times[small]) / math.log(large / small)
        print(f"\nplancmp from {small:,} to {large:,}: time grows with the power {exponent:.2f} of the tasks.")


if __name__ == "__main__":
    main()
