"""A document that was not understood is said to be: on stderr in one line, and refused unless the reader insists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import plancmp
from plancmp.errors import DocumentError
from plancmp.plans import catalogue, parser

DEFINED = {
    "Aquifer": "A layer of rock that holds water.",
    "Basin": "The land that a river drains.",
    "Delta": "The land that a river builds at its mouth.",
    "Weir": "A low dam across a stream.",
}
GLOSSARY = "Glossary of Water\n\n" + "\n".join(
    f"{n}. {word}. {text}" for n, (word, text) in enumerate(DEFINED.items(), 1)
)
LATE = "Action plan for the port\n\n" + "\n".join(f"{n}. Build {n} sheds on the quay by 2030." for n in range(40, 46))


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))


@pytest.fixture
def glossary(tmp_path: Path) -> Path:
    path = tmp_path / "glossary.txt"
    path.write_text(GLOSSARY, "utf-8")
    return path


@pytest.fixture
def late(tmp_path: Path) -> Path:
    path = tmp_path / "late.txt"
    path.write_text(LATE, "utf-8")
    return path


COMMANDS = [
    ("tasks", "{}"),
    ("diff", "{}", "2024", "--summary"),
    ("diff", "2024", "{}", "--summary"),
    ("add", "{}", "--id", "g"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_document_that_was_not_understood_is_refused_with_the_reasons(run, glossary, command) -> None:
    code, out, err = run(*(str(glossary) if word == "{}" else word for word in command))
    assert code == 1
    assert out == ""
    assert "was not understood" in err
    assert "glossary" in err
    assert "--read-anyway" in err
    assert len(err.strip().splitlines()) <= 2


@pytest.mark.parametrize("command", COMMANDS[:1] + COMMANDS[3:], ids=" ".join)
def test_read_anyway_goes_on_and_says_what_is_doubtful(run, glossary, command) -> None:
    code, out, err = run(*(str(glossary) if word == "{}" else word for word in command), "--read-anyway")
    assert code == 0
    assert out
    assert "may have been misread" in err


def test_check_shows_what_was_read_and_says_that_it_was_not_understood(run, glossary) -> None:
    code, out, err = run("check", glossary, "--format", "json")
    assert code == 1
    data = json.loads(out)
    assert data["doubts"]
    assert 0 <= data["explained"] <= 1
    assert "was not understood" in err
    code, out, err = run("check", glossary, "--read-anyway")
    assert code == 0
    assert "may have been misread" in err


def test_a_single_sign_is_a_warning_and_no_refusal(run, late) -> None:
    for command in (("tasks", late), ("check", late)):
        code, out, err = run(*command)
        assert code == 0
        assert out
        assert "its numbering begins at 40" in err


def test_a_plan_of_one_s_own_that_was_read_anyway_stays_at_hand(run, glossary) -> None:
    run("add", glossary, "--id", "g", "--read-anyway")
    code, out, _ = run("tasks", "g")
    assert code == 0
    assert "Aquifer" in out


def test_the_api_refuses_too(glossary) -> None:
    with pytest.raises(DocumentError, match="not understood"):
        plancmp.load(str(glossary))
    assert len(catalogue.load(str(glossary), read_anyway=True).tasks) == 4


@pytest.mark.parametrize("plan_id", ["2008", "2021-2022", "14fyp", "2023", "2024"])
def test_nothing_is_doubtful_about_the_bundled_plans(plan_id: str) -> None:
    plan = catalogue.stored(plan_id)
    assert plan.understood
    assert plan.doubts == ()
    assert plan.explained > 0.85


def test_an_account_of_what_was_done_beside_the_actions_is_doubted() -> None:
    done = "".join(f"{n}. The bridge at mile {n} was mended last year.\n\n" for n in range(1, 7))
    to_do = "".join(f"{n}. Mend the road at mile {n} by 2031.\n\n" for n in range(1, 9))
    head = "# Plan of the county\n\n"
    assert any(
        "what was done" in doubt
        for doubt in parser.parse(f"{head}## Our bridges\n\n{done}## Our roads\n\n{to_do}", "x").doubts
    )
    assert not parser.parse(f"{head}## Our roads\n\n{to_do}## Our lanes\n\n{to_do}", "x").doubts
