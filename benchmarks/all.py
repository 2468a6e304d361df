"""Every claim of the README about speed and quality, measured in one go and printed as Markdown.

    pip install -e ".[benchmarks]" && python benchmarks/all.py [--quick] [--processor] [--only growth]

Runs the scripts beside this one in turn, each in a process of its own, after a line that names the machine and the
versions. It takes the better part of an hour; --quick uses smaller sizes and takes minutes. Run nothing else meanwhile, or
measure with --processor.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Title, script, and what it is given with --quick.
CLAIMS = [
    ("Links and statuses", "alignment.py", []),
    ("Start-up", "startup.py", ["--runs", "3"]),
    ("Growth", "growth.py", ["--sizes", "1000,3000", "--alike", "1000"]),
    ("Embedding", "embedding.py", ["--texts", "120"]),
    ("Many plans", "many_plans.py", ["--plans", "50"]),
    ("Parsing", "parsing.py", []),
]
PACKAGES = ["plancmp", "numpy", "scipy", "rapidfuzz", "click", "rich", "sentence-transformers", "torch", "polyfuzz"]


def machine() -> str:
    """One line about the machine and the versions of what is measured."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        + ", ".join(found)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--processor", action="store_true", help="time of the processor, on a machine that is not idle")
    parser.add_argument("--only", help="a part of the name of a script")
    options = parser.parse_args()
    if options.processor:
        os.environ["BENCHMARK_CLOCK"] = "processor"
    print(machine(), flush=True)
    failed = []
    for title, script, quick in CLAIMS:
        if options.only and options.only not in script:
            continue
        print(f"\n## {title} (`benchmarks/{script}`)\n", flush=True)
        done = subprocess.run([sys.executable, str(HERE / script), *(quick if options.quick else [])])
        if done.returncode:
            failed.append(script)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
