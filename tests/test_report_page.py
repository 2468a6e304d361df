"""Briefings as web pages and Markdown: every commitment, filters, and nothing that runs."""

from __future__ import annotations

import functools
import html as escaping
import re
import subprocess

import pytest
from briefing_cases import (
    CHROMIUM,
    DATE,
    HOSTILE,
    HOSTILE_FILTER,
    assert_all_said,
    text_of_html,
)

from plancmp.outcomes.result import PlanDiff
from plancmp.report import (
    blocks,
    briefing,
    html_page,
    markdown_page,
)


def test_html_says_every_commitment(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    articles = re.findall(r"<article.*?</article>", html_page.html(brief), re.DOTALL)
    assert len(articles) == len(brief.changes)
    parts = []
    for article in articles:
        lines = re.findall(r'<div class="line.*?(?=<div class="line|<dl class="facts)', article, re.DOTALL)
        shown = [re.sub(r'<span class="which">.*?</span>', "", line) for line in lines]
        texts = [text_of_html(re.sub(r'<span aria-hidden="true">.</span>', "", line)).strip() for line in shown]
        parts.append((text_of_html(article.partition("</header>")[0]), texts))
    assert_all_said(comparison, parts)


def test_markdown_says_every_commitment(comparison: PlanDiff, brief: blocks.Briefing) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown_page.markdown(brief))
    parts = [
        (
            text_of_html(part.partition("</h4>")[0]),
            [text_of_html(re.sub("</td>", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", part, re.DOTALL)],
        )
        for part in page.split("<h4>")[1:]
    ]
    assert_all_said(comparison, parts)


def test_hostile_text_is_only_text_in_html(hostile: PlanDiff) -> None:
    page = html_page.html(briefing.compose(hostile, date=DATE, wanted=HOSTILE_FILTER, author=HOSTILE))
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "\x1b" not in page
    assert not re.findall(r"<[^>]*\b(?:src|srcset|action|style|on\w+)=", page)
    assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]
    assert blocks.clean(HOSTILE) in text_of_html(page)


def test_hostile_text_is_only_text_in_markdown(hostile: PlanDiff) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    source = markdown_page.markdown(briefing.compose(hostile, date=DATE, wanted=HOSTILE_FILTER))
    page = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    allowed = "a|h[1-6]|p|blockquote|ul|li|strong|em|del|ins|table|thead|tbody|tr|th|td|br"
    assert not [
        tag
        for tag in re.findall(r"<(/?[^>]+)>", page)
        if not re.fullmatch(rf"/?(?:{allowed})(?: (?:href|id)=\"#?[\w.-]*\")?", tag)
    ]
    assert blocks.clean(HOSTILE) in text_of_html(page)
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        assert len({row.count("<td>") + row.count("<th>") for row in rows}) == 1
        assert len(rows) > 1


@pytest.mark.parametrize(
    "text", ["# a", "- a", "+ a", "1. a", "12) a", "=", "--- ", "> a", "    code", "| a |", "```", "![a](b)"]
)
def test_leading_characters_are_no_markdown(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = (
        markdown_it.MarkdownIt("commonmark")
        .enable("table")
        .render(f"> {markdown_page.escape_markdown(blocks.clean(text))}")
    )
    assert re.sub(r"\s+", " ", page).strip() == f"<blockquote> <p>{escaping.escape(text.strip())}</p> </blockquote>"


@pytest.fixture(scope="module")
def dom(comparison: PlanDiff, tmp_path_factory: pytest.TempPathFactory):
    """The page as a browser has it after the script has run; the filters stand in the address, as when one shares it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("page")

    @functools.cache
    def load(page: str, state: str = "") -> str:
        path = folder / "page.html"
        path.write_text(page, "utf-8")
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        done = subprocess.run(
            [*command, "--dump-dom", f"{path.as_uri()}#{state}"], check=True, capture_output=True, timeout=120
        )
        return done.stdout.decode("utf-8", "replace")

    return load


def shown_in(page: str) -> list[str]:
    return [tag for tag in re.findall(r"<article[^>]*>", page) if not re.search(r"\shidden\b", tag)]


def lines_in(page: str) -> int:
    """How many lines of commitments a reader sees."""
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    shown = [article for article in articles if shown_in(article)]
    lines = [tag for article in shown for tag in re.findall(r'<div class="line [^>]*>', article)]
    return sum(not re.search(r"\shidden\b", tag) for tag in lines)


def test_filters_work_in_a_browser(comparison: PlanDiff, brief: blocks.Briefing, dom) -> None:
    page = html_page.html(brief)
    everything = dom(page)
    assert len(shown_in(everything)) == len(brief.changes)
    assert f"{len(brief.lines)} of {len(brief.lines)} shown" in everything
    assert not re.search(r"<form[^>]*\shidden\b", everything)
    dropped = dom(page, "?status=st-dropped")
    assert lines_in(dropped) == comparison.summary["old_commitments"]["dropped"]
    assert "Filter: No counterpart found." in dropped
    softened = dom(page, "?status=st-softened&view=inline")
    assert lines_in(softened) == sum(line.state == "softened" for line in brief.lines)
    kunlun = shown_in(dom(page, "?words=kunlun%20special"))
    assert 0 < len(kunlun) < 6
    token = re.search(r'<option value="(b\d+)">Ministry of Public Security</option>', page)
    assert token
    police = [c for c in brief.changes if any("Ministry of Public Security" in side.body_names for side in c.sides)]
    assert len(shown_in(dom(page, f"?body={token.group(1)}"))) == len(police)
    nothing = dom(page, "?status=st-dropped&words=nowhere-in-any-plan")
    assert not shown_in(nothing)
    assert 'class="inline"' in dom(page, "?view=inline")


def test_nothing_of_a_plan_runs_and_no_request_leaves_the_page(
    hostile: PlanDiff, dom, listener: tuple[int, list[str]]
) -> None:
    port, asked = listener
    page = html_page.html(briefing.compose(hostile, date=DATE)).replace("localhost:9", f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in page
    # Even where escaping failed, the page's policy would let neither a script nor an image through.
    leak = f'<img src="http://127.0.0.1:{port}/leak"><script>document.title="owned"</script>'
    for source in (page, page.replace("</main>", leak + "</main>")):
        assert "<title>owned" not in dom(source)
    assert asked == []
