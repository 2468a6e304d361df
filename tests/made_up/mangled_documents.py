"""Documents mangled in every way that files get mangled, and the account of letters that a reader must keep."""

from __future__ import annotations

import html
import io
import random
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from plancmp.model import Plan
from plancmp.text import normalise, printable

ROOT = Path(__file__).resolve().parent.parent.parent
# Numbering is kept as numbers, not as words: its characters are left out of the account.
_NUMERALS = frozenset("一二三四五六七八九十百IVX" + "".join(map(chr, range(ord("Ⅰ"), ord("Ⅻ") + 1))))
_CONTROLS = "\x00\x07\x1b\x7f\u200b\u202e\ufeff\ud800\x0c\x0b\x85\u2028"

# A link is read as its words, so that addresses are no loss; nor is the label of a title.
_ADDRESS = re.compile(r"\]\((?:https?:|#|/|\./|mailto:)[^()\s]*\)")

Mangler = Callable[[random.Random, str], str]


def letters(text: str) -> Counter[str]:
    """The letters of a text that count: Chinese characters and letters, without numerals."""
    return Counter(char for char in printable(text) if char.isalpha() and char not in _NUMERALS)


def lost(text: str, plan: Plan) -> Counter[str]:
    """Letters of the source that stand in no task, clause, heading or leftover of the plan."""
    parts: list[str] = []
    shown = normalise(printable(text))
    for task in plan.tasks:
        parts += [task.title or "", task.text, task.responsibility or "", "Box 专栏" if task.kind == "box" else ""]
        # A title that is the task's first words stands in its text, but one that the document has twice may stand there too.
        if task.title and task.text.startswith(task.title) and shown.count(task.title) < 2:
            parts.remove(task.title)
    parts += [
        f"{section.number} {section.heading}" for section in {section for path in plan.sections for section in path}
    ]
    parts += [left.text for left in plan.leftovers]
    return letters(text) - letters("\n".join(parts))


def _lines(text: str) -> list[str]:
    return text.split("\n")


def cut(rng: random.Random, text: str) -> str:
    a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return text[a:b]


def doubled(rng: random.Random, text: str) -> str:
    lines = _lines(text)
    a, b = sorted(rng.randrange(len(lines) + 1) for _ in range(2))
    return "\n".join([*lines[:b], *lines[a:b], *lines[b:]])


def shuffled(rng: random.Random, text: str) -> str:
    lines = _lines(text)
    rng.shuffle(lines)
    return "\n".join(lines)


def renumbered(rng: random.Random, text: str) -> str:
    return re.sub(
        r"(?m)^(\s*[(（]?)\d+", lambda m: f"{m.group(1)}{rng.choice([0, 1, 7, 10**9, rng.randrange(200)])}", text
    )


def glued(rng: random.Random, text: str) -> str:
    return re.sub("\n+", lambda m: rng.choice(["", " ", "\n", m.group()]), text)


def wrapped(rng: random.Random, text: str) -> str:
    width = rng.randrange(1, 60)
    return "\n".join(line[i : i + width] for line in _lines(text) for i in range(0, max(len(line), 1), width))


def brackets(rng: random.Random, text: str) -> str:
    return re.sub(r"[()（）]", lambda m: rng.choice(["(", ")", "（", "）", "", "((", "))", m.group(), m.group()]), text)


def controls(rng: random.Random, text: str) -> str:
    chars = list(text)
    for _ in range(rng.randrange(1, 60)):
        chars.insert(rng.randrange(len(chars) + 1), rng.choice(_CONTROLS))
    return "".join(chars)


def punctuation(rng: random.Random, text: str) -> str:
    signs = '.。、,，;；:：“”"《》 \t\u3000'
    return re.sub(r"[.。、,，;；]", lambda m: rng.choice(signs) if rng.random() < 0.3 else m.group(), text)


def emptied(rng: random.Random, text: str) -> str:
    return rng.choice(
        ["", " ", "\n" * rng.randrange(50), "（" * rng.randrange(500), "1.", "一、", "(1)", text[: rng.randrange(30)]]
    )


MANGLERS: tuple[Mangler, ...] = (
    cut,
    doubled,
    shuffled,
    renumbered,
    glued,
    wrapped,
    brackets,
    controls,
    punctuation,
    emptied,
)


def sources() -> list[str]:
    """The texts to mangle: the bundled plans, the samples of the tests, and the plans in many styles."""
    files = [*sorted((ROOT / "data").glob("*/source.txt")), *sorted((ROOT / "tests/samples").glob("*.txt"))]
    files += [path for path in sorted((ROOT / "tests/plans").glob("*/doc.*")) if path.suffix in (".txt", ".md")]
    return [_ADDRESS.sub("]", path.read_text("utf-8")).replace("\ntitle: ", "\n") for path in files]


def document(seed: int, texts: list[str], size: int = 6000) -> str:
    """The document of a seed: a stretch of one plan or a mixture of two, mangled up to four times."""
    rng = random.Random(seed)
    text = rng.choice(texts)
    start = rng.randrange(max(len(text) - size, 1))
    text = text[start : start + rng.randrange(1, size)]
    if rng.random() < 0.25:
        other = rng.choice(texts)
        lines = [*_lines(text), *_lines(other[: rng.randrange(1, size)])]
        if rng.random() < 0.5:
            rng.shuffle(lines)
        text = "\n".join(lines)
    for mangle in rng.choices(MANGLERS[:-1], k=rng.randrange(1, 5)):
        text = mangle(rng, text)
    return emptied(rng, text) if rng.random() < 0.02 else text


FORMATS = ("txt", "md", "html", "docx")
_MARKDOWN = (
    "{}",
    "{}",
    "## {}",
    "### {}",
    "- {}",
    "* ### {}",
    "> {}",
    "**{}**",
    "| {} | x |",
    "1. {}",
    "`{}`",
    "####{}",
)
_HTML = (
    "<p>{}</p>", "<p>{}</p>", "<div>{}", "{}<br>", "<h2>{}</h2>", "<ul><li>{}</li></ul>", "<ol><li>{}", "<li>{}</li></ol>",
    "<table><tr><td>{}</td></tr>", "<tr><td rowspan=3>{}</td><td>x</td></tr></table>", "<td>{}</td>", "<b>{}</b>", "<pre>{}",
    "<nav>{}</nav>", "</div></table>{}", "<dl><dt>{}</dt>", "<a href=x>{}</a>",
)  # fmt: skip
_WORD = (
    "<w:p><w:r><w:t>{}</w:t></w:r></w:p>",
    "<w:p><w:pPr><w:pStyle w:val='Heading2'/></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>",
    "<w:p><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='7'/></w:numPr></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{}</w:t></w:r></w:p>",
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>",
)
_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = (
    "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' "
    "Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='word/document.xml'/>"
    "</Relationships>"
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


def as_file(seed: int, text: str, kind: str) -> bytes:
    """The text as the bytes of a file of this format, its lines in whatever elements the format has, often not closed."""
    rng = random.Random(seed)
    if kind == "txt":
        return text.encode("utf-8", "replace")
    if kind == "md":
        return "\n".join(rng.choice(_MARKDOWN).format(line) for line in _lines(text)).encode("utf-8", "replace")
    lines = [html.escape(_NOT_XML.sub("\ufffd", line)) for line in _lines(text)]
    if kind == "html":
        body = "".join(rng.choice(_HTML).format(line) for line in lines)
        return f"<html><head><meta charset=utf-8></head><body>{body}</body></html>".encode()
    body = "".join(rng.choice(_WORD).format(line) for line in lines)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("_rels/.rels", _RELATIONS)
        packed.writestr("word/document.xml", f"<w:document xmlns:w='{_NAMESPACE}'><w:body>{body}</w:body></w:document>")
    return file.getvalue()
