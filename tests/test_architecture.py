"""The house: arrows point down, the everyday command stays light, names stay clear."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "plancmp"
LEVELS = [
    {"errors", "model", "config", "keep"},
    {"text", "lexicon", "marking", "glossary"},
    {"terms", "commitments", "objects", "clauses", "parse", "reading", "pdf", "particulars", "candidates", "query"},
    {"corpus", "index", "notes"},
    {"vectors", "multilingual", "sides", "similarity", "linking", "store"},
    {"classify", "decisions"},
    {"outcomes"},
    {"compare", "select"},
    {"threads", "meaning", "timeline", "evaluate", "explain", "responsibility", "review"},
    {"report"},
    {"cli", "__main__"},
]
# Imports inside functions of lower rooms that reach up on purpose, each with its reason.
UPWARD = {
    ("model", "report"),  # Comparison.to_dict is the contract's name for the JSON view
    ("explain", "report"),  # to_dict, likewise
    ("responsibility", "report"),  # to_dict, likewise
    ("timeline", "report"),  # to_dict, likewise
    ("select", "timeline"),  # --topic means what `history` would find
}


def level(module: str) -> int:
    return next(i for i, rooms in enumerate(LEVELS) if module in rooms)


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    depth = len(path.relative_to(PACKAGE).parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = depth - node.level
            if base > 0:
                continue  # a neighbour in the same room
            names = [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
            found.update(names)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_down(path: Path) -> None:
    here = room(path)
    for other in imported(path):
        if other in {"__version__"} or other == here:
            continue
        assert level(other) <= level(here) or (here, other) in UPWARD, f"{here} imports {other}"


def test_no_room_has_a_name_that_says_nothing_or_hides_a_library() -> None:
    names = {path.stem for path in modules()}
    assert not names & {"utils", "helpers", "common", "misc", "csv", "json", "html", "docx"}


def test_no_room_is_crowded() -> None:
    for path in modules():
        assert len(path.read_text("utf-8").splitlines()) <= 780, path


def loaded(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


HEAVY = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy", "pandas"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["diff", "2021", "2024"],
        ["plans"],
        ["tasks", "2024"],
        ["show", "2021:30"],
        ["history", "trade secrets"],
    ],
    ids=" ".join,
)
def test_the_everyday_commands_load_no_model_library(arguments: list[str]) -> None:
    code = f"sys.argv = ['plancmp', *{arguments!r}]\nfrom plancmp import cli\ntry:\n    cli.run()\nexcept SystemExit as leave:\n    assert not leave.code, leave.code"
    assert not {name.split(".")[0] for name in loaded(code)} & HEAVY


def test_an_answer_that_is_kept_is_drawn_without_what_compares() -> None:
    code = "sys.argv = ['plancmp', 'diff', '2021', '2024']\nfrom plancmp import cli\ntry:\n    cli.run()\nexcept SystemExit as leave:\n    assert not leave.code, leave.code"
    loaded(code)
    again = loaded(code)
    assert not {name.split(".")[0] for name in again} & (HEAVY | {"numpy", "rapidfuzz"})
    assert not again & {"plancmp.outcomes", "plancmp.similarity", "plancmp.linking", "plancmp.vectors", "plancmp.parse"}


def test_help_and_import_load_next_to_nothing() -> None:
    names = loaded(
        "sys.argv = ['plancmp', '--help']\nfrom plancmp import cli\ntry:\n    cli.run()\nexcept SystemExit:\n    pass"
    )
    assert not {name.split(".")[0] for name in names} & {"numpy", "rich", "rapidfuzz", "platformdirs", "tomllib"}
    names = loaded("import plancmp")
    assert not {name.split(".")[0] for name in names} & (HEAVY | {"numpy", "rich", "click"})
