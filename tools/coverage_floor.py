"""Run the tests with their coverage, subprocesses included, and hold it to the floor in pyproject.toml (`fail_under`).

    python tools/coverage_floor.py                        all tests, then the lines that none of them runs, file by file
    python tools/coverage_floor.py -- tests/test_cli.py   only these tests; the floor is for all

Exit code: that of pytest where a test fails, 2 where the coverage is below the floor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pytest", nargs="*", help="arguments for pytest")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        environ = os.environ | {"COVERAGE_FILE": f"{temporary}/coverage"}

        def coverage(*arguments: str) -> int:
            return subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=ROOT, env=environ).returncode

        return (
            coverage("run", "-m", "pytest", *options.pytest)
            or coverage("combine", "-q")
            or coverage("report", "--show-missing", "--skip-covered")
        )


if __name__ == "__main__":
    sys.exit(main())
