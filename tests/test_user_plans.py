"""The user's own plans: adding, checking, replacing, removing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from plancmp import pipeline
from plancmp.commitments import splitter
from plancmp.embeddings import vector_store
from plancmp.embeddings.minilm import MiniLM
from plancmp.errors import DocumentError, UsageError
from plancmp.plans import catalogue, user_plans
from plancmp.settings import DEFAULT_MODEL

DATA = Path(__file__).parent.parent / "data"
CHINESE = Path(__file__).parent / "samples/zh-2024.txt"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "home"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small plan.txt"
    path.write_text(
        "1. Laws\n(1) Rules\n1. Revise the Trademark Law. (The Ministry of Justice is responsible)\n", "utf-8"
    )
    return path


def test_add_keeps_the_text_and_the_particulars(home: Path) -> None:
    plan = user_plans.add(CHINESE, "zh-2024")
    assert (plan.id, plan.language, plan.issued, plan.covers, plan.series) == (
        "zh-2024",
        "zh",
        "2024-05-08",
        (2024, 2024),
        "promotion",
    )
    assert len(plan.tasks) == 55
    assert plan.tasks == catalogue.load("zh-2024").tasks == catalogue.from_file(CHINESE, "zh-2024").tasks
    assert sorted(path.name for path in (home / "zh-2024").iterdir()) == ["plan.toml", "source.txt"]
    assert [path.name for path in home.iterdir()] == ["zh-2024"]


def test_overrides_go_before_what_the_text_says(small: Path) -> None:
    plan = user_plans.add(
        small,
        "2031",
        title='A "plan" \\ of 2031',
        issuer="Office",
        issued="2031-01-02",
        covers=(2031, 2032),
        series="promotion",
        declared_tasks=3,
    )
    assert (plan.title, plan.issuer, plan.issued, plan.covers, plan.declared_tasks) == (
        'A "plan" \\ of 2031',
        "Office",
        "2031-01-02",
        (2031, 2032),
        3,
    )
    assert plan.missing == ((2, 3),)
    assert catalogue.load("2032").id == "2031"
    assert plan.source.file == "small plan.txt"


@pytest.mark.parametrize("plan_id", ["", "../x", "a/b", "..", ".hidden", "a b", "x" * 65, "a..b", "-x", "计划", "a\n"])
def test_ids_that_are_no_plain_names_are_refused(plan_id: str, small: Path, home: Path) -> None:
    with pytest.raises(UsageError):
        user_plans.add(small, plan_id)
    with pytest.raises(UsageError):
        user_plans.remove(plan_id)
    assert not home.exists()


@pytest.mark.parametrize(
    "bad", [{"issued": "soon"}, {"covers": (2025, 2024)}, {"language": "fr"}, {"declared_tasks": 0}, {"colour": "red"}]
)
def test_overrides_that_no_plan_can_have(bad: dict, small: Path) -> None:
    with pytest.raises(UsageError):
        user_plans.add(small, "x", **bad)


def test_taken_ids_need_replace(small: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        user_plans.add(small, "2024")
    user_plans.add(small, "mine")
    with pytest.raises(UsageError, match="already"):
        user_plans.add(small, "mine")
    assert len(user_plans.add(CHINESE, "mine", replace=True).tasks) == 55
    assert len(catalogue.load("mine").tasks) == 55


def test_a_document_without_a_task_is_refused(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all,\nthank you for your letter.\n", "utf-8")
    with pytest.raises(DocumentError, match="no task found"):
        user_plans.add(path, "letter")
    assert not home.exists()


@pytest.mark.parametrize("broken", ["os.rename", "plancmp.plans.user_plans._toml", "plancmp.plans.user_plans._swap"])
def test_an_interrupted_add_leaves_the_old_state(
    broken: str, small: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_plans.add(small, "mine", title="first")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(broken, interrupt)
        with pytest.raises(KeyboardInterrupt):
            user_plans.add(CHINESE, "mine", replace=True)
    assert catalogue.load("mine").title == "first"
    assert [path.name for path in home.iterdir()] == ["mine"]


def test_interrupted_between_the_two_moves(small: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_plans.add(small, "mine", title="first")
    rename = os.rename

    def second_fails(source: Path, target: Path) -> None:
        if str(source).endswith(".part"):
            raise OSError(28, "No space left on device")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", second_fails)
        with pytest.raises(DocumentError, match="No space left"):
            user_plans.add(CHINESE, "mine", replace=True)
    assert catalogue.load("mine").title == "first"
    # Killed there, the old plan stands aside; the next add or remove puts it back.
    (home / "mine").rename(home / ".mine.old")
    user_plans.remove("mine")
    assert list(home.iterdir()) == []


def test_remove_only_ones_own(small: Path) -> None:
    with pytest.raises(UsageError, match="comes with the program"):
        user_plans.remove("2024")
    with pytest.raises(UsageError, match="no plan"):
        user_plans.remove("nothing")
    user_plans.add(small, "2024", replace=True)
    assert len(catalogue.load("2024").tasks) == 1
    user_plans.remove("2024")
    assert len(catalogue.load("2024").tasks) == 110


def test_home_that_cannot_be_written(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "file"))
    with pytest.raises(DocumentError, match="could not be stored"):
        user_plans.add(small, "mine")


def test_check_reports_and_stores_nothing(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(
        "2023年某省知识产权推进计划\n一、保护\n（一）执法\n1.推进专利法修改。（司法部、省知识产权局负责）\n2.开展专项行动。（公安部、司法部负责）\n5.加强宣传。（司法部负责）\n",
        "utf-8",
    )
    report = user_plans.check(path)
    assert report.kinds == {"task": 3}
    assert [(section[-1].heading, count) for section, count in report.outline] == [("执法", 3)]
    assert report.bodies[0] == ("MOJ", "Ministry of Justice", 3)
    assert report.unknown == (("省知识产权局", 1),)
    assert report.plan.missing == ((3, 4),)
    assert report.guessed["covers"] == [2023, 2023]
    assert report.format == "txt"
    assert not home.exists()


def test_check_of_a_document_without_tasks_is_a_report(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all,\nthank you.\n", "utf-8")
    report = user_plans.check(path)
    assert report.plan.tasks == ()
    assert report.leftovers == {"front matter": 2}


@pytest.mark.parametrize("plan_id", ["14fyp", "2008", "2021-2022", "2023", "2024"])
def test_bundled_texts_added_as_ones_own_parse_alike(plan_id: str) -> None:
    bundled = catalogue.stored(plan_id)
    own = user_plans.add(DATA / plan_id / "source.txt", f"own-{plan_id}", declared_tasks=bundled.declared_tasks)
    assert [(task.number, task.text, task.bodies) for task in own.tasks] == [
        (task.number, task.text, task.bodies) for task in bundled.tasks
    ]


def _far_from_everything(self: MiniLM, texts: Sequence[str]) -> np.ndarray:
    rows = np.random.default_rng(0).standard_normal((len(texts), 384)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_whole_plan_of_2021_turns_undetermined_into_facts(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has all 115 tasks adds them: what could not be said before is then new or linked."""
    new = catalogue.stored("2024")
    before = pipeline.diff(catalogue.stored("2021-2022"), new).summary["new_tasks"]
    assert before["undetermined"] > 0
    source = (DATA / "2021-2022/source.txt").read_text("utf-8")
    kept = source[: source.index("64. Promote enterprises")]
    rest = [
        "64. Promote enterprises to improve the intellectual property management system. (in charge of the Intellectual Property Office)"
    ]
    sections = {
        75: "(3) Promote the development of intellectual property finance",
        85: "4、 Improve the level of intellectual property public services\n\n(1) Strengthen the supply of public services",
        95: "5、 Create a good humanistic and social environment for intellectual property",
        105: "6、 Participate in global intellectual property governance",
        110: "7、 Strengthen organizational guarantees",
    }
    for number in range(65, 116):
        if number in sections:
            rest.append(sections[number])
        rest.append(
            f"{number}. Cultivate seedlings of orchard {number} in greenhouse trays. (in charge of the Ministry of Finance)"
        )
    path = tmp_path / "whole.txt"
    path.write_text(kept + "\n\n".join(rest) + "\n", "utf-8")
    bundled = catalogue.particulars(DATA / "2021-2022")
    facts = {key: bundled[key] for key in ("title", "issuer", "issued", "covers", "series", "declared_tasks")}
    with pytest.raises(UsageError):
        user_plans.add(path, "2021-2022", **facts)
    whole = user_plans.add(path, "2021-2022", replace=True, **facts)
    assert (len(whole.tasks), whole.missing, whole.gaps) == (115, (), ())
    assert catalogue.load("2021").tasks == whole.tasks
    # The vectors of the tasks kept come from the bundled plan; orchards are far from everything.
    shutil.copy(DATA / "2021-2022" / vector_store.file_name(DEFAULT_MODEL), home / "2021-2022")
    monkeypatch.setattr(MiniLM, "encode", _far_from_everything)
    after = pipeline.diff(catalogue.load("2021-2022"), new).summary["new_tasks"]
    assert after["undetermined"] == 0
    assert after["new"] > before["new"]
    user_plans.remove("2021-2022")
    assert len(catalogue.load("2021").tasks) == 64


PLAN = "1. Laws\n(1) Rules\n1. Revise the Trademark Law. (The Ministry of Justice is responsible)\n"


def at_once(arguments: Sequence[Sequence[str]], **environment: str) -> list[subprocess.CompletedProcess]:
    """Command lines run at the same time, each in a process of its own."""
    several = [
        subprocess.Popen(
            [sys.executable, "-m", "plancmp", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment,
        )
        for words in arguments
    ]  # fmt: skip
    return [subprocess.CompletedProcess(process.args, process.wait(), *process.communicate()) for process in several]


def test_one_of_several_that_add_an_id_at_once_succeeds(tmp_path: Path, home: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text(PLAN.replace("Trademark", f"Number{number}"), "utf-8")
    done = at_once([["add", str(tmp_path / f"{number}.txt"), "--id", "mine"] for number in range(6)])
    assert sorted(process.returncode for process in done) == [0, 2, 2, 2, 2, 2]
    (winner,) = [number for number, process in enumerate(done) if not process.returncode]
    assert f"Number{winner}" in catalogue.load("mine").tasks[0].text
    assert all("already" in process.stderr for number, process in enumerate(done) if number != winner)
    assert [path.name for path in home.iterdir()] == ["mine"]


def test_plans_replaced_at_once_are_whole(tmp_path: Path, small: Path, home: Path) -> None:
    user_plans.add(small, "mine")
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text(PLAN.replace("Trademark", f"Number{number}" * 50), "utf-8")
    commands = [["add", str(tmp_path / f"{number}.txt"), "--id", "mine", "--replace"] for number in range(4)]
    done = at_once([*commands, *[["tasks", "mine"]] * 4])
    assert [(process.returncode, process.stderr) for process in done] == [(0, "")] * 8
    assert "Number" in catalogue.load("mine").tasks[0].text
    assert [path.name for path in home.iterdir()] == ["mine"]


def test_a_plan_whose_replacement_was_killed_between_two_moves_is_still_there(small: Path, home: Path) -> None:
    user_plans.add(small, "mine", title="first")
    user_plans.add(small, "2024", replace=True)
    for plan_id in ("mine", "2024"):
        (home / plan_id).rename(home / f".{plan_id}.old")
    (home / ".mine.abc.part").mkdir()
    (home / ".other.abc.gone" / "plan").mkdir(parents=True)
    assert catalogue.load("mine").title == "first"
    assert len(catalogue.load("2024").tasks) == 1
    assert "mine" in catalogue.directories()
    with pytest.raises(UsageError, match="already"):
        user_plans.add(CHINESE, "mine")
    user_plans.add(small, "another")
    assert sorted(path.name for path in home.iterdir()) == ["2024", "another", "mine"]
    # Killed after the second move, the needless old plan goes.
    shutil.copytree(home / "mine", home / ".mine.old")
    user_plans.remove("mine")
    assert sorted(path.name for path in home.iterdir()) == ["2024", "another"]


@pytest.mark.parametrize(
    ("slip", "key"),
    [
        ("covers = 2025", "covers"), ("covers = [2025]", "covers"), ('covers = ["2025", "2026"]', "covers"),
        ("declared_tasks = true", "declared_tasks"), ('declared_tasks = "many"', "declared_tasks"),
        ("issued = 2025", "issued"), ('issued = "soon"', "issued"), ("title = 7", "title"), ("series = []", "series"),
        ('language = "fr"', "language"), ("url = 1", "url"), ("sha256 = 1", "sha256"), ("= 1", "damaged"),
    ],
)  # fmt: skip
def test_a_slip_in_a_plan_stops_no_other_plan(
    slip: str, key: str, small: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    user_plans.add(small, "mine", series="promotion")
    (home / "mine" / "plan.toml").write_text(slip + "\n", "utf-8")
    with pytest.raises(DocumentError) as caught:
        catalogue.load("mine")
    assert str(home / "mine" / "plan.toml") in caught.value.message
    assert key in caught.value.message
    assert catalogue.load("2021").id == "2021-2022"
    assert "mine is left out" in caplog.text
    assert [plan and plan.id for plan in catalogue.neighbours(catalogue.load("2024"))] == ["2021-2022", None]


def test_a_slip_in_a_plan_stops_no_command_on_others(small: Path, home: Path) -> None:
    user_plans.add(small, "mine", series="promotion")
    (home / "mine" / "plan.toml").write_text("covers = 2025\n", "utf-8")
    for command in (["plans"], ["diff", "2021", "2024", "--summary"], ["show", "2024:31"], ["history", "Kunlun"]):
        (done,) = at_once([command])
        assert done.returncode == 0, done.stderr
        assert "mine" in done.stderr or command[0] == "diff"
        assert len(done.stderr.splitlines()) == 1


def test_a_home_that_cannot_be_read_leaves_the_bundled_plans(tmp_path: Path) -> None:
    # A name that is too long is refused by the system as a directory without permission is.
    home = str(tmp_path / ("x" * 300))
    for command in (["plans"], ["diff", "2021", "2024", "--summary"], ["tasks", "2024"], ["history", "Kunlun"]):
        (done,) = at_once([command], PLANCMP_HOME=home)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("cannot be read") == len(done.stderr.splitlines()) <= 1


def test_a_text_that_was_cut_is_noticed(small: Path, home: Path) -> None:
    user_plans.add(CHINESE, "mine")
    source = home / "mine" / "source.txt"
    source.write_text(source.read_text("utf-8")[:-400], "utf-8")
    with pytest.raises(DocumentError, match="not the one that was added"):
        catalogue.load("mine")
    toml = home / "mine" / "plan.toml"
    toml.write_text("\n".join(line for line in toml.read_text("utf-8").splitlines() if "sha256" not in line), "utf-8")
    assert 0 < len(catalogue.load("mine").tasks) < 55


def test_what_plan_toml_says_cannot_steer_a_terminal(small: Path, home: Path) -> None:
    user_plans.add(small, "mine")
    written = 'title = "a\\u001b[31m\\u202eb\\U000e0041\\nc"\nissuer = "\\u2067d"\n'
    particulars = home / "mine" / "plan.toml"
    kept = [line for line in particulars.read_text("utf-8").splitlines() if not line.startswith(("title", "issuer"))]
    particulars.write_text("\n".join([written, *kept]), "utf-8")
    plan = catalogue.load("mine")
    assert (plan.title, plan.issuer) == ("a[31mb c", "d")


PIERS = "Action plan for the port\n\n1. Build a shed and repair the pier and light the mole.\n2. Dredge the channel.\n"


@pytest.fixture
def piers(tmp_path: Path) -> Path:
    path = tmp_path / "piers.txt"
    path.write_text(PIERS, "utf-8")
    return path


def set_by_hand(home: Path, plan_id: str, lines: str) -> None:
    with (home / plan_id / "plan.toml").open("a", encoding="utf-8") as particulars:
        particulars.write(lines)


def commitments(plan_id: str, number: str) -> list[str]:
    task = catalogue.load(plan_id).task(number)
    assert task is not None
    return [commitment.text for commitment in splitter.split_task(task)]


def test_splits_set_by_hand_go_before_the_programs(piers: Path, home: Path) -> None:
    user_plans.add(piers, "port")
    set_by_hand(home, "port", '[splits]\n"1" = ["Build a shed", "repair the  pier", "light"]\n')
    assert commitments("port", "1") == ["Build a shed and", "repair the pier and", "light the mole"]
    result = pipeline.diff(catalogue.load("port"), catalogue.load("2024"))
    assert [fate.ref for fate in result.commitments if fate.ref.startswith("port:")] == [
        "port:1a",
        "port:1b",
        "port:1c",
        "port:2a",
    ]
    set_by_hand(home, "port", '"2" = ["Drain"]\n"9" = ["x"]\n')
    plan = catalogue.load("port")
    assert [warning.partition(" in plan.toml")[0] for warning in plan.warnings] == [
        "line 4: the split of task 2", "the split of task 9",
    ]  # fmt: skip
    assert commitments("port", "2") == ["Dredge the channel"]


@pytest.mark.parametrize(
    "lines",
    [
        "task_starts = 3",
        "task_starts = [0]",
        "task_starts = [true]",
        "splits = 1",
        "[splits]\n1 = []",
        '[splits]\n1 = "x"',
        "[splits]\n1 = ['']",
    ],
)
def test_overrides_of_another_form_are_said_to_be(lines: str, piers: Path, home: Path) -> None:
    user_plans.add(piers, "port")
    set_by_hand(home, "port", lines)
    with pytest.raises(DocumentError, match="must be"):
        catalogue.load("port")


def test_what_was_set_by_hand_is_kept_where_it_still_holds(
    piers: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    user_plans.add(piers, "port", title="The port", covers=(2030, 2031))
    hand = (
        'translated_by = "a friend"\ntask_starts = [3, 4]\n[splits]\n1 = ["Build a shed", "repair"]\n2 = ["Dredge"]\n'
    )
    set_by_hand(home, "port", hand)
    piers.write_text("Preface\n\n" + PIERS.replace("Dredge", "Clear"), "utf-8")
    plan = user_plans.add(piers, "port", replace=True, issuer="Harbour Office")
    assert (plan.title, plan.covers, plan.issuer) == ("The port", (2030, 2031), "Harbour Office")
    facts = tomllib.loads((home / "port/plan.toml").read_text("utf-8"))
    assert facts["translated_by"] == "a friend"
    assert "task_starts" not in facts
    assert facts["splits"] == {"1": ["Build a shed", "repair"]}
    said = " ".join(record.getMessage() for record in caplog.records)
    for words in (
        "task_starts are dropped: 1 of 2 lines",
        "the split of task 2",
        "kept from the replaced plan: covers",
    ):
        assert words in said
    set_by_hand(home, "port", '"2" = ["Clear"]\n')
    text = (home / "port/plan.toml").read_text("utf-8")
    (home / "port/plan.toml").write_text(text.replace("[splits]", "task_starts = [5, 6]\n[splits]"), "utf-8")
    piers.write_text(PIERS.replace("Dredge", "Clear"), "utf-8")
    user_plans.add(piers, "port", replace=True)
    facts = tomllib.loads((home / "port/plan.toml").read_text("utf-8"))
    assert (facts["task_starts"], len(facts["splits"])) == ([3, 4], 2)


def test_nothing_of_a_bundled_plan_is_kept_for_the_one_in_its_place(piers: Path, home: Path) -> None:
    plan = user_plans.add(piers, "2024", replace=True)
    assert (plan.title, plan.covers) == ("Action plan for the port", (0, 0))
