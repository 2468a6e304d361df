"""Run the tests with the lowest versions that pyproject.toml declares, in a virtual environment of their own.

    python tools/lowest_versions.py                          everything, with a summary of the versions
    python tools/lowest_versions.py --environment DIR        keep the environment in DIR, or use the one there
    python tools/lowest_versions.py -- tests/test_cli.py     only these tests

A requirement without a lower bound is installed as pip chooses. Exit code: that of pytest.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BOUNDED = re.compile(r"\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*(?:>=|~=|==)\s*([\w.]+)")


def lowest(project: dict, extras: tuple[str, ...] = ("multilingual", "test")) -> list[str]:
    """`name==version` for each declared requirement with a lower bound, as constraints for pip."""
    declared = [
        *project["dependencies"],
        *(entry for extra in extras for entry in project["optional-dependencies"][extra]),
    ]
    return [f"{match[1]}=={match[2]}" for entry in declared if (match := _BOUNDED.match(entry)) is not None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--environment", type=Path, help="directory of the virtual environment; a temporary one by default"
    )
    parser.add_argument("pytest", nargs="*", help="arguments for pytest")
    options = parser.parse_args()
    constraints = lowest(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"])
    print("\n".join(constraints), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        environment = options.environment or Path(temporary) / "venv"
        python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not python.exists():
            venv.create(environment, with_pip=True)
        file = Path(temporary) / "constraints.txt"
        file.write_text("\n".join(constraints) + "\n", "utf-8")
        install = [str(python), "-m", "pip", "install", "-q", "--prefer-binary", "-c", str(file), f"{ROOT}[test]"]
        if subprocess.run(install).returncode:
            return 1
        own = {"PLANCMP_CACHE": f"{temporary}/cache", "PLANCMP_HOME": f"{temporary}/home", "HF_HUB_OFFLINE": "1"}
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | own
        return subprocess.run([str(python), "-m", "pytest", *options.pytest], cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
