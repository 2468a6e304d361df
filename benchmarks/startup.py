"""How long the everyday commands take, as whole processes, as ratios against what cannot be avoided.

    python benchmarks/startup.py [--runs 7]

Prints the median of each command over that of its baseline, measured in turn so that a noisy machine harms both alike,
and the peak memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from plancmp import json_cache

HERE = Path(__file__).resolve().parent
FLOOR = [sys.executable, "-c", "import numpy, click, rich.table, rich.console, rapidfuzz"]
CLICK = [sys.executable, "-c", "import click"]
# Of this width no table is kept.
UNUSUAL_WIDTH = "487"
PLANCMP = [sys.executable, "-m", "plancmp"]
CASES = [
    ("plancmp --help", [*PLANCMP, "--help"], "import click", CLICK, 1.5),
    ("plancmp diff 2021 2024", [*PLANCMP, "diff", "2021", "2024"], "import numpy, click, rich, rapidfuzz", FLOOR, 1.6),
    (
        "plancmp diff 2021 2024, the table drawn anew",
        [*PLANCMP, "diff", "2021", "2024", "--width", UNUSUAL_WIDTH],
        "import numpy, click, rich, rapidfuzz",
        FLOOR,
        2.0,
    ),
    (
        'plancmp history "trade secrets"',
        [*PLANCMP, "history", "trade secrets"],
        "import numpy, click, rich, rapidfuzz",
        FLOOR,
        1.6,
    ),
    (
        "naive script",
        [sys.executable, str(HERE / "naive.py")],
        "plancmp diff 2021 2024",
        [*PLANCMP, "diff", "2021", "2024"],
        None,
    ),
]


# On a machine that does other things too, time of the processor says more than that of the clock.
BY_PROCESSOR = os.environ.get("BENCHMARK_CLOCK") == "processor"


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one run; of the processor where BENCHMARK_CLOCK says so."""
    if UNUSUAL_WIDTH in command:
        for table in json_cache.cache_directory().glob("kept/*/tables/*"):
            table.unlink()
    # What is installed is compiled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if BY_PROCESSOR:
        # As the commands have it: threads that wait for work would count.
        environment["OPENBLAS_NUM_THREADS"] = "1"
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    seconds = usage.ru_utime + usage.ru_stime if BY_PROCESSOR else time.perf_counter() - start
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print("| command | baseline | ratio of medians | wanted | peak memory |")
    print("|---|---|---|---|---|")
    for name, command, base_name, base, wanted in CASES:
        count = max(2, runs // 3) if name == "naive script" else runs
        run(command), run(base)
        times, floors, memory = [], [], 0.0
        for _ in range(count):
            seconds, peak = run(command)
            times.append(seconds)
            memory = max(memory, peak)
            floors.append(run(base)[0])
        ratio = statistics.median(times) / statistics.median(floors)
        print(f"| `{name}` | `{base_name}` | {ratio:.2f} | {f'≤ {wanted}' if wanted else '≥ 15'} | {memory:.0f} MB |")


if __name__ == "__main__":
    main()
