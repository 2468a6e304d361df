"""Inputs of absurd size cost no more than in proportion to it: counted, never timed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from plancmp.documents import web_page
from plancmp.embeddings import multilingual
from plancmp.model import Decision, Decisions
from plancmp.outcomes import decision_files, decisions
from plancmp.plans import catalogue, metadata

HEADING = "1. Laws\n(1) Rules\n1. Revise the Trademark Law. (The Ministry of Justice is responsible)\n"


def test_many_decisions_are_looked_at_a_few_times_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = catalogue.stored("2021-2022"), catalogue.stored("2024")
    path, calls = tmp_path / "many.toml", Counter()
    pairs = [(old.number, new.number) for old in plans[0].tasks[:20] for new in plans[1].tasks]
    decision_files.write(path, Decisions("2021-2022", "2024", tuple(Decision(*pair, None) for pair in pairs)))

    def counted(name: str, function):
        def call(*arguments):
            calls[name] += 1
            return function(*arguments)

        return call

    monkeypatch.setattr(Decision, "pair", property(counted("pair", Decision.pair.fget)))
    monkeypatch.setattr(type(plans[0]), "task", counted("task", type(plans[0]).task))
    read = decision_files.read(path)
    holding = decisions.applicable(read, *plans)
    assert (len(read.entries), len(holding), holding.misfits) == (len(pairs), len(pairs), ())
    assert calls["pair"] <= 3 * len(pairs)
    assert calls["task"] == 0


def test_blank_lines_before_the_first_heading_are_not_tried_one_by_one() -> None:
    front = "Plan for Building Orchards in 2031\nIssued by the Ministry of Justice: 110 tasks\n"
    expected = metadata.guess(f"{front}\n\n{HEADING}")
    assert metadata.guess(f"{front}{chr(10) * 60_001}{HEADING}") == expected
    assert metadata.guess(f"{front}{' ' * 200}{chr(10)} " * 2 + HEADING)["title"] == expected["title"]


def test_elements_nested_beyond_reason_are_flattened() -> None:
    for element in ("div", "ol><li", "B", "table><tr><td", "span class=x"):
        flat = web_page._without_excess(f"<{element}>x" * 40_000)
        assert flat.count(f"<{element.partition('>')[0]}>") < web_page._MOST_DEPTH
        assert flat.count("x") >= 40_000
        closed = f"</{element.partition('>')[0].split(' ')[0]}>"
        assert web_page._without_excess(f"<{element}>" * 40_000 + closed * 40_000 + "<p>y</p>").endswith("<p>y</p>")
    # Lines stay lines; elements that end by themselves, or are ended, do not nest.
    assert len(web_page.read_html("<div>x" * 6_000)) == 6_000
    for page in ("<ol>" + "<li>x<br>" * 6_000, "<div><b>x</b></div>" * 6_000, "<p>x" * 6_000):
        assert web_page._without_excess(page) == page


def test_thousands_of_attributes_are_left_out() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(40_000))
    page = f"<ol start=3><li {attributes}>one<li value=7>two</ol>"
    assert len(web_page._without_excess(page)) < 60
    assert [line.text for line in web_page.read_html(page)] == ["3. one", "7. two"]


def test_the_multilingual_encoder_is_given_the_beginning_of_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    class Model:
        def encode(self, texts: list[str]) -> np.ndarray:
            given.extend(texts)
            return np.ones((len(texts), 512), dtype=np.float32)

    encoder = multilingual.MultilingualEncoder()
    monkeypatch.setattr(encoder, "_model", Model())
    assert encoder.encode(["推进" * 50_000, "", "short"]).shape == (3, 512)
    assert [len(text) for text in given] == [multilingual.MOST_CHARACTERS, 1, 5]
