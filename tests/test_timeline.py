"""Queries over the five bundled plans: figures on hand-labelled queries, and what must hold for any query."""

import json
import os
import subprocess
import sys
from pathlib import Path

import all_plans
import pytest

from plancmp.analysis import history
from plancmp.errors import UsageError
from plancmp.lexicon import loader
from plancmp.model import Status
from plancmp.plans import catalogue
from plancmp.search import stems, topics

GOLD = Path(__file__).parent / "gold"
TOPICS = [
    "trade secrets",
    "AI",
    "border measures",
    "SEP",
    "剑网",
    "patent navigation",
    "人工智能",
    "mediation and arbitration",
]


def refs(query: str) -> list[str]:
    return [entry.task.ref for entry in history.history(query).entries]


def figures(name: str) -> tuple[float, float]:
    """Recall and precision over all queries of a gold file; `maybe` counts neither way."""
    right = missed = extra = 0
    for case in json.loads((GOLD / name).read_text("utf-8"))["queries"]:
        found, relevant, maybe = set(refs(case["query"])), set(case["relevant"]), set(case["maybe"])
        right += len(found & relevant)
        missed += len(relevant - found)
        extra += len(found - relevant - maybe)
    return right / (right + missed), right / (right + extra)


@pytest.mark.parametrize("name", ["dev-history.json", "own-history.json"])
def test_recall_and_precision_on_labelled_queries(name):
    recall, precision = figures(name)
    assert recall >= 0.9
    assert precision >= 0.8


@pytest.mark.parametrize("query", TOPICS)
def test_entries_stand_in_order_and_show_the_words_they_rest_on(query):
    found = history.history(query)
    assert found.entries
    order = [task.ref for plan in all_plans.load_all() for task in plan.tasks]
    places = [order.index(entry.task.ref) for entry in found.entries]
    assert places == sorted(places)
    assert [entry.plan.issued for entry in found.entries] == sorted(entry.plan.issued for entry in found.entries)
    for entry in found.entries:
        assert entry.match in {"exact", "synonym"}
        assert 0 <= entry.score <= 1
        assert entry.words
        assert all(word in entry.task.full_text for word in entry.words)
        assert {entry.task.full_text[start:end] for start, end in entry.spans} == set(entry.words)
    matched = {entry.plan.id for entry in found.entries}
    assert set(found.plans_without_match) == set(found.plans_searched) - matched


@pytest.mark.parametrize(
    "query",
    ["banana bread recipe", "xyzzy", "football transfer market", "香蕉", "the", "domain names", "train timetable"],
)
def test_a_query_without_match_says_so(query):
    found = history.history(query)
    assert found.entries == ()
    assert "nothing found" in (found.note or "")
    assert found.plans_without_match == found.plans_searched
    assert "2021-2022" in found.plans_cut


@pytest.mark.parametrize("query", ["", "  ", "\u3000\n"])
@pytest.mark.parametrize("ask", [history.history, history.search])
def test_an_empty_query_is_an_error(ask, query):
    with pytest.raises(UsageError, match="empty"):
        ask(query)


@pytest.mark.parametrize(
    "names",
    [
        ("Kunlun", "昆仑", "kun lun", "Kūnlún", "Kunlun 2024", "“昆仑” action"),
        ("sword net", "剑网", "Jianwang", "Jiàn Wǎng", "“剑网2024” special action"),
        ("blue net", "蓝网", "Lanwang"),
        ("trade secrets", "trade secret", "商业秘密", "Trade secrets protection", "商业秘密保护"),
        ("GI", "geographical indications", "地理标志"),
        ("SEP", "standard-essential patents", "标准必要专利"),
        ("customs protection", "海关保护", "border measures"),
    ],
)
def test_names_in_any_script_find_the_same(names):
    expected = refs(names[0])
    assert expected
    for name in names[1:]:
        assert refs(name) == expected, name


def test_false_friends_are_kept_apart():
    assert "2021-2022:39" not in refs("sword net")
    assert refs("net action") == ["2021-2022:39"]
    assert not set(refs("publicity")) & set(refs("patent information")) & {"14fyp:box12"}
    assert "2024:58" not in refs("degrees")


def test_a_body_is_a_query_by_itself_and_a_filter_beside_a_topic():
    alone = set(refs("SAMR"))
    assert alone == set(refs("State Administration for Market Regulation"))
    assert {"2021-2022:33", "2024:37"} <= alone
    both = set(refs("SAMR trade secrets"))
    assert both == alone & set(refs("trade secrets"))
    # The customs administration's tasks are not all about what the topic "customs" says.
    assert set(refs("customs")) != set(refs("General Administration of Customs"))


def test_where_no_task_has_all_words_parts_are_told_from_matches():
    found = history.history("vaccine patents")
    assert [entry.task.ref for entry in found.entries] == ["14fyp:14.2"]
    assert {entry.match for entry in found.entries} == {"partial"}
    assert "part" in (found.note or "")


def test_a_thread_runs_from_plan_to_plan():
    found = history.history("sword net")
    first, second = found.entries
    assert (first.task.ref, second.task.ref) == ("2021-2022:37", "2024:35")
    assert second.continues == ("2021-2022:37",)
    assert second.status in {Status.CONTINUED, Status.ESCALATED}
    assert [(link.old, link.new) for link in found.links] == [("2021-2022:37", "2024:35")]
    oldest = history.history("border measures").entries[0]
    assert (oldest.plan.id, oldest.continues, oldest.status) == ("2008", (), None)


def test_one_task_is_followed_through_the_plans():
    for name in ("2021:37", "2021-2022:37", "2024:35"):
        found = history.history(name)
        assert {"2021-2022:37", "2024:35"} <= {entry.task.ref for entry in found.entries}
        exact = [entry.task.ref for entry in found.entries if entry.match == "exact"]
        assert exact == [name.replace("2021:", "2021-2022:")]
    with pytest.raises(UsageError, match="no task"):
        history.history("2021:99")


def test_a_filter_by_topic_names_the_same_tasks_as_the_history():
    plan = catalogue.load("2024")
    assert topics.matching_refs(plan, "trade secrets")[0] == {
        ref for ref in refs("trade secrets") if ref.startswith("2024:")
    }


def test_search_gives_the_same_matches_best_first():
    best = history.search("trade secrets", limit=None)
    scores = [entry.score for entry in best.entries]
    assert scores == sorted(scores, reverse=True)
    assert {entry.task.ref for entry in best.entries} == set(refs("trade secrets"))
    assert best.entries[0].task.ref == "14fyp:box1"
    short = history.search("trade secrets", limit=2)
    assert short.entries == best.entries[:2]
    assert short.plans_without_match == best.plans_without_match
    assert short.to_dict()["schema"] == "plancmp.search/1"


def test_the_json_is_that_of_the_contract():
    told = json.loads(json.dumps(history.history("剑网").to_dict(), ensure_ascii=False))
    assert told["schema"] == "plancmp.history/1"
    assert told["query"] == "剑网"
    entry = told["entries"][0]
    for key in ("ref", "plan", "date", "section", "title", "text", "bodies", "match", "score", "continues", "status"):
        assert key in entry
    assert set(entry["section"][0]) == {"number", "heading"}
    assert set(entry["bodies"][0]) == {"id", "name", "as_printed", "lead"}
    assert set(told["plans_searched"]) == {"2008", "14fyp", "2021-2022", "2023", "2024"}


def test_a_warm_query_loads_no_model_library():
    code = (
        "import sys, plancmp; plancmp.history('trade secrets'); "
        "print([m for m in ('torch', 'sklearn', 'scipy', 'sentence_transformers') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert ran.stdout.strip() == "[]"
    assert ran.stderr == ""


def test_every_group_of_synonyms_has_terms_words_and_a_source():
    groups = loader.table("synonyms")["group"]
    assert len(groups) >= 120
    for group in groups:
        assert all(group[field] for field in ("terms", "words", "source")), group
        assert set(group) <= {"terms", "words", "not", "source"}, group


def test_no_phrase_of_the_lexicon_is_so_broad_that_it_says_nothing():
    texts = [stems.StemmedText(task.full_text) for plan in all_plans.load_all() for task in plan.tasks]
    for group in loader.table("synonyms")["group"]:
        for words in group["words"]:
            pattern = stems.phrase_pattern([stems.phrase_stems(words)])
            assert sum(bool(pattern.search(text.line)) for text in texts) <= len(texts) / 6, words


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        (
            "malicious trademark registrations were cancelled",
            "malicious ~ registration",
            "malicious trademark registrations",
        ),
        ("pledge of intellectual property loans", "pledge loan", "pledge of intellectual property loans"),
        ("rules for data, intellectual property courts", "data intellectual property", None),
        ("The end. New plan", "end new", None),
        ("the industry association", "industrialization", None),
        ("the public service", "publicity", None),
        ("software legalisation", "software legalization", "software legalisation"),
        ("开展“剑网”专项行动", "剑网", "剑网"),
    ],
)
def test_how_phrases_are_found(text, phrase, expected):
    found = stems.StemmedText(text)
    spans = found.spans(stems.phrase_pattern([stems.phrase_stems(phrase)]))
    assert [text[start:end] for _, start, end in spans] == ([expected] if expected else [])
