"""The picture of a history and its text: the same in HTML and Markdown, nothing overlapping, nothing run, nothing fetched."""

from __future__ import annotations

import dataclasses
import html as escaping
import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

import plancmp
from plancmp.analysis.history import History
from plancmp.model import Entry
from plancmp.report import blocks, history_page

QUERIES = ("trade secrets", "AI", "Kunlun", "border measures", "patent", "2021:37", "香蕉")
HOSTILE = (
    '<script>document.title="owned"</script> <img src="http://localhost:9/p.png"> [link](javascript:alert(1)) | a | `code` '
    "*b* _c_ ~~d~~ $e$ &amp; # f \x1b[31m \u202e </article></svg></style> https://localhost:9/ @someone 商标法"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# What the browser really drew: the boxes of marks with their words, the boxes of all words, and the page's width.
MEASURE = """<pre id="measured"></pre><script>
const box = (one) => { const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const all = (names) => [...document.querySelectorAll(names)];
document.getElementById("measured").textContent = JSON.stringify({
  marks: all("svg .mark").map((mark) => [box(mark.querySelector("rect")), box(mark.querySelector("text"))]),
  words: all("svg text").map(box), svg: box(document.querySelector("svg")),
  wide: document.documentElement.scrollWidth, window: window.innerWidth,
});</script></body>"""


@pytest.fixture(scope="module", params=QUERIES)
def found(request: pytest.FixtureRequest) -> History:
    return plancmp.history(request.param)


@pytest.fixture(scope="module")
def hostile() -> History:
    """A history with text that tries to be markup everywhere that a query or a plan can put text."""
    story = plancmp.history("trade secrets")

    def spoiled(entry: Entry) -> Entry:
        section = dataclasses.replace(entry.task.section[0], heading=HOSTILE, number="<b>")
        bodies = tuple(dataclasses.replace(body, name=HOSTILE) for body in entry.task.bodies)
        task = dataclasses.replace(entry.task, text=HOSTILE + entry.task.text, title=None, section=(section,), bodies=bodies, number=HOSTILE)  # fmt: skip
        source = dataclasses.replace(entry.plan.source, file=HOSTILE)
        plan = dataclasses.replace(entry.plan, title=HOSTILE, issuer=HOSTILE, source=source)
        return dataclasses.replace(entry, plan=plan, task=task, words=(*entry.words, "<script>"), continues=(*entry.continues, HOSTILE))  # fmt: skip

    entries = tuple(map(spoiled, story.entries))
    return dataclasses.replace(story, query=HOSTILE, entries=entries, looked_for=(HOSTILE,), note=HOSTILE)


def text_of(page: str) -> str:
    return escaping.unescape(re.sub(r"<[^>]+>", "", page))


def rendered(source: str) -> str:
    markdown_it = pytest.importorskip("markdown_it")
    return markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)


def said_of(entry: Entry) -> list[str]:
    task, plan = entry.task, entry.plan
    words = [
        task.ref,
        task.full_text,
        str(entry.status or "not compared with an older plan"),
        plan.title,
        plan.issuer,
        plan.issued,
    ]
    words += [body.name + (" (lead)" if body.lead else "") for body in task.bodies] + list(entry.continues)
    words += [section.heading for section in task.section]
    return [*words, f"lines {task.lines[0]} to {task.lines[1]}" if task.lines[0] != task.lines[1] else f"line {task.lines[0]}"]  # fmt: skip


def boxes(page: str) -> list[tuple[float, float, float, float]]:
    """The marks of the picture: left, top, right, bottom."""
    found = re.findall(r'<a class="mark.*?<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', page)
    return [(x, y, x + w, y + h) for x, y, w, h in (map(float, numbers) for numbers in found)]


def meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_html_says_everything(found: History) -> None:
    articles = [
        text_of(part) for part in re.findall(r"<article.*?</article>", history_page.history_html(found), re.DOTALL)
    ]
    assert len(articles) == len(found.entries)
    for entry, article in zip(found.entries, articles, strict=True):
        assert not [words for words in said_of(entry) if blocks.clean(words) not in article], entry.task.ref


def test_markdown_says_everything(found: History) -> None:
    parts = [text_of(rendered(part)) for part in history_page.history_markdown(found).split('<a id="t')[1:]]
    assert len(parts) == len(found.entries)
    for entry, part in zip(found.entries, parts, strict=True):
        assert not [words for words in said_of(entry) if blocks.clean(words) not in part], entry.task.ref


def test_both_say_what_was_looked_for_and_which_plans_say_nothing(found: History) -> None:
    for text in (text_of(history_page.history_html(found)), text_of(rendered(history_page.history_markdown(found)))):
        assert not [words for words in (found.query, *found.looked_for, found.note or "") if words not in text]
        assert text.count("No match.") == len(found.plans_without_match)
        assert "The text of 2021-2022 stops at task 64" in text
        assert "proves nothing" in text
        for link in found.links:
            state = "continued, softened" if link.softened and link.status == "continued" else str(link.status)
            assert re.search(rf"{re.escape(link.new)} \S {state}, confidence {link.confidence:.2f}", text)


def test_every_anchor_leads_somewhere(found: History) -> None:
    for page in (history_page.history_html(found), rendered(history_page.history_markdown(found))):
        names = re.findall(r'\bid="([^"]+)"', page)
        assert len(names) == len(set(names))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(names)


def test_matching_words_are_marked_and_only_as_whole_words() -> None:
    for source in (
        history_page.history_html(plancmp.history("AI")),
        history_page.history_markdown(plancmp.history("AI")),
    ):
        marked = re.findall(r"<mark>(.*?)</mark>", source)
        assert {words.lower() for words in marked} >= {"artificial intelligence"}
    entry = dataclasses.replace(plancmp.history("Kunlun").entries[0], words=("AI",))
    task = dataclasses.replace(entry.task, title=None, text="MAIN aims of AI, AIs and 'AI'")
    assert [
        run.text for run in history_page.marked_runs(dataclasses.replace(entry, task=task)) if run.kind == "match"
    ] == ["AI"] * 2


def test_a_match_in_meaning_is_told_from_an_exact_one() -> None:
    story = plancmp.history("trade secrets")
    near = dataclasses.replace(story, entries=tuple(dataclasses.replace(e, match="semantic") for e in story.entries))
    assert "near in meaning (" not in history_page.history_html(story)
    assert history_page.history_html(near).count("near in meaning (") == len(story.entries)
    assert "near in meaning only" in history_page.history_html(near)
    assert "the task asked for" in history_page.history_html(plancmp.history("2021:37"))


def test_every_entry_has_a_mark_and_no_two_overlap(found: History) -> None:
    page = history_page.history_html(found)
    marks = boxes(page)
    assert len(marks) == len(found.entries)
    assert not [pair for pair in combinations(marks, 2) if meet(*pair)]
    width = float(re.search(r'viewBox="0 0 (\d+)', page)[1])  # type: ignore[index]
    assert all(right < width for _, _, right, _ in marks)
    assert page.count('class="link ') == len(found.links)
    doubtful = re.findall(r'class="link \w+ doubtful"', page)
    assert len(doubtful) == sum(link.confidence < 0.7 for link in found.links)


def test_the_picture_shows_silence_and_cut_text(found: History) -> None:
    picture = re.search(r"<svg.*?</svg>", history_page.history_html(found), re.DOTALL)
    assert picture
    assert picture[0].count(">no match<") == len(found.plans_without_match)
    assert picture[0].count("text cut") == len(found.plans_cut)
    points = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)" r="3.5"', picture[0])]
    assert points == sorted(points)
    assert len(points) == len(found.plans_searched)
    lanes = [float(y) for y in re.findall(r'<rect class="lane[^"]*" x="[\d.]+" y="([\d.]+)"', picture[0])]
    assert [round(point - lane) for point, lane in zip(points, lanes, strict=True)] == [14] * len(lanes)
    years = re.findall(r'<text class="year"[^>]* y="([\d.]+)"[^>]*>(\d+)<', picture[0])
    assert [year for _, year in years] == sorted(year for _, year in years)
    # A year's label stands between the plans issued before it and those issued in it or later.
    for y, year in years:
        for point, plan in zip(points, found.plans, strict=True):
            assert (point < float(y) - 4 + 0.1) == (plan.issued < f"{year}-01-01") or abs(point - float(y) + 4) < 2, (
                year,
                plan.id,
            )


def test_a_mark_agrees_with_the_links_drawn_to_it(found: History) -> None:
    page = history_page._Page(found)
    for entry in found.entries:
        drawn = {history_page._state(link) for link in found.links if link.new == entry.task.ref}
        if drawn and set(entry.continues) <= {link.old for link in found.links if link.new == entry.task.ref}:
            assert page.state(entry) in drawn
        elif not entry.continues:
            assert page.state(entry) in {"new", "undetermined", "first"}


def test_a_thread_that_ends_is_shown_as_ended(found: History) -> None:
    page = history_page.history_html(found)
    ended = [entry for entry in found.entries if entry.ends and not entry.ends_unknown]
    assert page.count('class="stub ended"') == len(ended)
    newest = found.plans_searched[-1]
    for entry in found.entries:
        assert {link.new for link in found.links if link.old == entry.task.ref} <= set(entry.continued_by)
        assert not (entry.ends and entry.continued_by)
        assert bool(entry.ends or entry.continued_by) == (entry.plan.id != newest)
        # The text of 2021-2022 is cut: that nothing there continues a task of 14fyp says nothing.
        assert entry.ends_unknown == ("2021-2022" in entry.ends)


def test_hostile_text_is_only_text_in_html(hostile: History) -> None:
    page = history_page.history_html(hostile)
    assert not re.search(r"<(?:script|img|b|iframe|link)\b", page)
    assert not re.findall(r"<[^>]*\b(?:src|srcset|action|style|on\w+|xlink:href)=", re.sub(r'"[^"]*"', '""', page))
    assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]
    assert not re.search(r"url\(|@import", page)
    assert "\x1b" not in page
    assert blocks.clean(HOSTILE) in text_of(page)
    assert page.count("<svg") == page.count("</svg>") == 1


def test_hostile_text_is_only_text_in_markdown(hostile: History) -> None:
    page = rendered(history_page.history_markdown(hostile))
    allowed = "a|h[1-6]|p|blockquote|ul|li|strong|mark|table|thead|tbody|tr|th|td"
    tags = re.findall(r"<(/?[^>]+)>", page)
    assert not [tag for tag in tags if not re.fullmatch(rf"/?(?:{allowed})(?: (?:href|id)=\"#?[\w.-]*\")?", tag)]
    assert blocks.clean(HOSTILE) in text_of(page)
    assert {row.count("<td>") + row.count("<th>") for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)} == {6}


@pytest.fixture(scope="module")
def dom(tmp_path_factory: pytest.TempPathFactory):
    """The page as a browser has it, in a window of the width asked for."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    folder: Path = tmp_path_factory.mktemp("page")

    def load(page: str, width: int = 1280) -> str:
        (folder / "page.html").write_text(page, "utf-8")
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", "--dump-dom"]
        done = subprocess.run([*command, (folder / "page.html").as_uri()], check=True, capture_output=True, timeout=120)
        return done.stdout.decode("utf-8", "replace")

    return load


@pytest.mark.parametrize("width", [1280, 800, 390])
@pytest.mark.parametrize("query", ["trade secrets", "patent"])
def test_a_browser_draws_it_without_overlap(query: str, width: int, dom) -> None:
    story = plancmp.history(query)
    page = history_page.history_html(story)
    open_page = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", MEASURE)
    seen = json.loads(text_of(re.search(r'<pre id="measured">(.*?)</pre>', dom(open_page, width), re.DOTALL)[1]))  # type: ignore[index]
    assert len(seen["marks"]) == len(story.entries)
    assert not [pair for pair in combinations([mark for mark, _ in seen["marks"]], 2) if meet(*pair)]
    for mark, words in seen["marks"]:
        assert mark[0] <= words[0]
        assert words[2] <= mark[2]
    drawn = [words for words in seen["words"] if words[2] > words[0]]
    labels = [words for words in drawn if words not in [inner for _, inner in seen["marks"]]]
    assert not [(mark, words) for mark, _ in seen["marks"] for words in labels if meet(mark, words)]
    assert all(words[0] >= seen["svg"][0] - 1 and words[2] <= seen["svg"][2] + 1 for words in drawn)
    assert seen["wide"] <= seen["window"]


def test_nothing_of_a_plan_runs_and_no_request_leaves_the_page(
    hostile: History, dom, listener: tuple[int, list[str]]
) -> None:
    port, asked = listener
    page = history_page.history_html(hostile).replace("localhost:9", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in page
    # Even where escaping failed, the page's policy would let neither a script nor an image through.
    leak = f'<img src="http://127.0.0.1:{port}/leak"><script>document.title="owned"</script>'
    for source in (page, page.replace("</main>", leak + "</main>")):
        seen = dom(source)
        assert "<title>owned" not in seen
        assert seen.count('class="mark ') == len(hostile.entries)
    assert asked == []
