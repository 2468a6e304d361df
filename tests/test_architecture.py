"""The house: arrows point down, the everyday command stays light, names stay clear."""

from __future__ import annotations

import ast
import graphlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "plancmp"
# From the ground up: a room imports rooms of lower levels only, never another of its own level.
LEVELS = [
    {"errors", "model", "text", "settings", "json_cache", "version"},
    {"lexicon", "documents", "embeddings", "files"},
    {"plans"},
    {"commitments"},
    {"linkage", "serialization"},
    {"outcomes"},
    {"pipeline"},
    {"search"},
    {"analysis"},
    {"report"},
    {"cli"},
    {"__main__"},
]


def modules() -> dict[str, Path]:
    """Every module but the package itself, which exposes the API, by its dotted name inside the package."""
    found = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    }
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


def imports(name: str, path: Path) -> set[str]:
    """The modules of the package that a module imports, at its top, inside functions and for type checking alike."""
    known = modules()
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(
                alias.name.removeprefix("plancmp.") for alias in node.names if alias.name.startswith("plancmp")
            )
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
            elif (node.module or "").split(".")[0] == "plancmp":
                base = ["plancmp"]
            else:
                continue
            base += (node.module or "").split(".") if node.module else []
            source = ".".join(base).removeprefix("plancmp").lstrip(".")
            for alias in node.names:
                inside = f"{source}.{alias.name}".lstrip(".")
                found.add(inside if inside in known else source or "plancmp")
    return found


def room(name: str) -> str:
    return name.split(".")[0]


def level(name: str) -> int:
    return next(i for i, rooms in enumerate(LEVELS) if room(name) in rooms)


def test_levels_name_every_room_once() -> None:
    rooms = [name for level in LEVELS for name in level]
    assert sorted(rooms) == sorted({room(name) for name in modules()})
    assert len(LEVELS) <= 12


def test_the_page_on_the_architecture_has_the_same_levels() -> None:
    page = (PACKAGE.parent / "docs/architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted((str(number), room) for number, rooms in enumerate(LEVELS) for room in rooms)


@pytest.mark.parametrize("name", modules())
def test_arrows_point_down(name: str) -> None:
    for other in imports(name, modules()[name]):
        assert room(other) == room(name) or level(other) < level(name), f"{name} imports {other}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imports(name, path) & modules().keys() for name, path in modules().items()}
    graphlib.TopologicalSorter(graph).prepare()


def speaks(path: Path) -> bool:
    """True for a module that prints, reads the keyboard, or imports what does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input"):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            if node.attr in ("stdin", "stdout", "stderr"):
                return True
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            if {name.split(".")[0] for name in names} & {"click", "rich", "termios"}:
                return True
    return False


def silences(path: Path) -> bool:
    """True for a module that goes on after any error at all as if there had been none."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            if {"Exception", "BaseException"} & {ast.unparse(argument) for argument in node.args}:
                return True
        elif isinstance(node, ast.ExceptHandler):
            any_at_all = node.type is None or {"Exception", "BaseException"} & set(
                re.findall(r"\w+", ast.unparse(node.type))
            )
            if any_at_all and all(isinstance(statement, ast.Pass) for statement in node.body):
                return True
    return False


def test_the_library_neither_prints_nor_reads_the_keyboard() -> None:
    library = {name: path for name, path in modules().items() if level(name) < level("report")}
    # The one reader of documents takes the bytes of one from stdin where a plan is named "-".
    assert {name for name, path in library.items() if speaks(path)} == {"documents.reader"}


def test_no_module_silences_errors_that_it_does_not_name() -> None:
    assert not {name for name, path in modules().items() if silences(path)}


def test_packages_hold_a_docstring_only() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        if path != PACKAGE / "__init__.py":
            body = ast.parse(path.read_text("utf-8")).body
            assert len(body) == 1, path
            assert isinstance(body[0], ast.Expr), path


def test_no_room_has_a_name_that_says_nothing_or_hides_a_library() -> None:
    names = {path.stem for path in modules().values()}
    assert not names & {"utils", "helpers", "common", "misc", "csv", "json", "html", "docx", "select", "threads"}


def test_no_room_is_crowded() -> None:
    for path in modules().values():
        assert len(path.read_text("utf-8").splitlines()) <= 700, path


def loaded(code: str) -> set[str]:
    """The modules that the code loads, beside those that the interpreter has by itself or for who watches it (coverage)."""
    script = f"import sys, json\nbefore = {{*sys.modules}}\n{code}\nprint(json.dumps(sorted({{*sys.modules}} - before)), file=sys.stderr)"
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
    code = f"sys.argv = ['plancmp', *{arguments!r}]\nfrom plancmp.cli import main\ntry:\n    main.run()\nexcept SystemExit as leave:\n    assert not leave.code, leave.code"
    assert not {name.split(".")[0] for name in loaded(code)} & HEAVY


def test_an_answer_that_is_kept_is_drawn_without_what_compares() -> None:
    code = "sys.argv = ['plancmp', 'diff', '2021', '2024']\nfrom plancmp.cli import main\ntry:\n    main.run()\nexcept SystemExit as leave:\n    assert not leave.code, leave.code"
    loaded(code)
    again = loaded(code)
    assert not {name.split(".")[0] for name in again} & (HEAVY | {"numpy", "rapidfuzz"})
    assert not again & {
        "plancmp.outcomes.fates",
        "plancmp.linkage.comparisons",
        "plancmp.linkage.match_model",
        "plancmp.embeddings.vectors",
        "plancmp.plans.parser",
    }


def test_help_and_import_load_next_to_nothing() -> None:
    names = loaded(
        "sys.argv = ['plancmp', '--help']\nfrom plancmp.cli import main\ntry:\n    main.run()\nexcept SystemExit:\n    pass"
    )
    assert not {name.split(".")[0] for name in names} & {"numpy", "rich", "rapidfuzz", "platformdirs", "tomllib"}
    names = loaded("import plancmp")
    assert not {name.split(".")[0] for name in names} & (HEAVY | {"numpy", "rich", "click"})
