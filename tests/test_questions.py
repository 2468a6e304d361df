"""Questions to a reviewer: what answers teach, the files to be filled in, and decisions in every command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from review_cases import NEW, OLD

from plancmp import pipeline
from plancmp.analysis import explanation, questions, review
from plancmp.cli import main
from plancmp.errors import UsageError
from plancmp.linkage import teaching
from plancmp.model import Decision, Decisions, Status
from plancmp.outcomes import decision_files, decisions
from plancmp.report import question_files


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "decisions" / f"{OLD}--{NEW}.toml"


@pytest.fixture
def run() -> Callable:
    def call(*arguments: str, code: int = 0):
        answer = CliRunner().invoke(main.main, list(arguments), standalone_mode=False)
        if isinstance(answer.exception, UsageError):
            assert code == 2, answer.exception
        else:
            assert answer.exception is None, answer.exception
            assert (answer.return_value or 0) == code, answer.stderr
        return answer

    return call


def answers_of(alignment, count: int, linked: Callable[[int], bool]) -> dict[tuple[int, int], bool]:
    """Answers on the pairs of tasks nearest to the threshold."""
    near = abs(alignment.confidence - 0.45).argsort(kind="stable")[:count]
    tasks = alignment.tasks
    return {(int(tasks.rows[k]), int(tasks.columns[k])): linked(n) for n, k in enumerate(near)}


# Teaching


@given(st.integers(0, 40), st.integers(0, 40))
def test_few_answers_or_answers_of_one_kind_teach_nothing(alignment, count: int, links: int) -> None:
    answers = answers_of(alignment, count, lambda n: n < links)
    taught, learned_from = teaching.teach(alignment, answers)
    if count < teaching.LEAST or links in (0, *range(count, 41)):
        assert (taught, learned_from) == (alignment, 0)
    else:
        assert learned_from == count


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(alignment, random) -> None:
    answers = answers_of(alignment, 24, lambda n: n % 3 == 0)
    shuffled = dict(random.sample(list(answers.items()), len(answers)))
    (one, count), (other, again) = teaching.teach(alignment, answers), teaching.teach(alignment, shuffled)
    assert count == again == 24
    assert (one.confidence == other.confidence).all()
    assert one.links == other.links


def test_answers_move_the_rest_their_way(alignment) -> None:
    """The more of the doubtful pairs are links, the more confident is every other pair; all stay probabilities."""
    means = []
    for links in (5, 12, 19):
        taught, count = teaching.teach(alignment, answers_of(alignment, 24, lambda n, links=links: n < links))
        assert count == 24
        assert ((taught.confidence >= 0) & (taught.confidence <= 1)).all()
        means.append(taught.confidence.mean())
    assert means == sorted(means)
    assert means[0] < means[-1]


def test_decisions_teach_unless_asked_not_to(run, own_home: Path, plans, queue) -> None:
    made = [
        decisions.decide(item.old, item.new, None if index % 2 else Status.CONTINUED)
        for index, item in enumerate(queue[:16])
    ]
    decision_files.write(own_home, Decisions(OLD, NEW, tuple(made)))
    data = [json.loads(run("diff", OLD, NEW, "--format", "json", *more).stdout) for more in ([], ["--no-teaching"])]
    assert data[0]["taught_by"] == 16
    assert "taught_by" not in data[1]
    assert any("16 answers" in note for note in data[0]["notes"])
    assert run("diff", OLD, NEW, "--format", "json").stdout == run("diff", OLD, NEW, "--format", "json").stdout
    plain = json.loads(run("diff", OLD, NEW, "--format", "json", "--decisions", str(empty(own_home))).stdout)
    decided = {(f"{OLD}:{d.old}", f"{NEW}:{d.new}") for d in made}
    untaught = [{(k["old"], k["new"]) for k in found["links"]} - decided for found in (data[1], plain)]
    assert untaught[0] == untaught[1]
    item = next(item for item in queue[16:] if item.linked)
    shown = explanation.explain(plans[0], item.old, plans[1], item.new)
    assert shown.confidence == pytest.approx(link_in(data[0], item.pair)["confidence"], abs=0.002)
    assert shown.base + sum(part.added for part in shown.parts) == pytest.approx(
        float(teaching.match_model.log_odds(shown_as_array(shown.confidence))), abs=0.05
    )


def shown_as_array(value: float):
    import numpy as np

    return np.array(value)


def empty(beside: Path) -> Path:
    path = beside.with_name("empty.toml")
    decision_files.write(path, Decisions(OLD, NEW))
    return path


def link_in(data: dict, pair: tuple[str, str]) -> dict:
    return next(k for k in data["links"] if (k["old"], k["new"]) == (f"{OLD}:{pair[0]}", f"{NEW}:{pair[1]}"))


def test_the_questions_left_learn_from_what_is_answered(plans, alignment, queue) -> None:
    answers = answers_of(alignment, 24, lambda n: n < 5)
    left = questions.again(queue, *plans, alignment, answers)
    assert {item.pair for item in left} == {item.pair for item in queue}
    assert [item.worth for item in left] == sorted((item.worth for item in left), reverse=True)
    assert [item.confidence for item in left] != [item.confidence for item in queue]
    assert questions.again(queue, *plans, alignment, {}) == queue


# Single commitments


def fates_of(run, *more: str) -> dict[str, dict]:
    data = json.loads(run("diff", OLD, NEW, "--format", "json", *more).stdout)
    return {fate["ref"]: fate for fate in data["commitments"]}


def test_a_decision_on_commitments_is_the_reviewers_in_every_view(run, own_home: Path, tmp_path: Path) -> None:
    before = fates_of(run)
    assert before[f"{OLD}:1d"]["status"] == "dropped"
    done = run("review", OLD, NEW, "--set", "2021:1d=2024:3b:continued", "--who", "A. Lee", "--note", "as counsel says")
    assert done.stdout == f"{OLD}:1d → {NEW}:3b: continued\n"
    made = decision_files.read(own_home).entries[0]
    assert (made.old, made.new, made.who, made.note) == ("1d", "3b", "A. Lee", "as counsel says")
    after = fates_of(run)
    counterpart = next(c for c in after[f"{OLD}:1d"]["counterparts"] if c["ref"] == f"{NEW}:3b")
    assert (counterpart["decided_by"], counterpart["confidence"], counterpart["doubtful"]) == ("reviewer", 1.0, False)
    link = link_in(json.loads(run("diff", OLD, NEW, "--format", "json").stdout), ("1", "3"))
    assert (link["decided_by"], link["confidence"], link["doubtful"], link["note"]) == (
        "reviewer", 1.0, False, "as counsel says",
    )  # fmt: skip
    # What a person decided is certain: no least confidence takes it away.
    assert f"{OLD}:1d" in fates_of(run, "--min-confidence", "1")
    shown = json.loads(run("explain", "2021:1d", "2024:3b", "--format", "json").stdout)
    assert (shown["decided_by"], shown["confidence"]) == ("reviewer", 1.0)
    assert "A. Lee" in run("explain", "2021:1d", "2024:3b").stdout
    annex = tmp_path / "annex.md"
    run("brief", OLD, NEW, "--length", "annex", "-o", str(annex))
    assert "A. Lee" in annex.read_text("utf-8")
    assert made.when[:10] in annex.read_text("utf-8")
    run("review", OLD, NEW, "--forget", "2021:1d=2024:3b")
    assert fates_of(run) == before


def test_a_rejected_pair_of_commitments_is_no_pair_and_not_the_nearest(run) -> None:
    before = fates_of(run)
    ref, other = next(
        (fate["ref"], fate["counterparts"][0]["ref"]) for fate in before.values() if len(fate["counterparts"]) == 1
    )
    for verdict in ("none", "reject"):
        run("review", OLD, NEW, "--set", f"{ref}={other}:{verdict}")
        after = fates_of(run)[ref]
        assert other not in [c["ref"] for c in after["counterparts"]]
        assert not after["nearest"] or after["nearest"]["ref"] != other
        run("review", OLD, NEW, "--forget", f"{ref}={other}")


def test_a_link_without_a_verdict_has_the_status_of_its_words(run) -> None:
    before = fates_of(run)
    ref, counterpart = next(
        (fate["ref"], c)
        for fate in before.values()
        if fate["ref"].startswith(OLD) and len(fate["counterparts"]) == 1
        for c in fate["counterparts"]
        if c["status"] == "escalated"
    )
    assert run("review", OLD, NEW, "--set", f"{ref}={counterpart['ref']}").stdout.endswith(": escalated\n")
    run("review", OLD, NEW, "--set", f"{ref}={counterpart['ref']}:link")
    assert fates_of(run)[ref]["status"] == "escalated"


def test_rejected_tasks_leave_no_commitment_as_the_nearest(plans, alignment) -> None:
    plain = pipeline.judge(*plans, alignment)
    link = next(k for k in plain.links if len(next(o for o in plain.tasks if o.ref == k.old).links) == 1)
    made = Decision(link.old.partition(":")[2], link.new.partition(":")[2], None)
    result = pipeline.judge(*plans, alignment, Decisions(OLD, NEW, (made,)))
    for fate in result.old_commitments:
        if fate.task == link.old:
            assert fate.nearest is None or result.fate(fate.nearest[0]).task != link.new or fate.nearest[1] == 0


# Several files


def kept(path: Path, *made: Decision, plans: tuple[str, str] = (OLD, NEW)) -> str:
    decision_files.write(path, Decisions(*plans, made))
    return str(path)


def test_two_files_are_merged_and_a_contradiction_is_named(run, tmp_path: Path) -> None:
    one = kept(
        tmp_path / "one.toml",
        Decision("30", "31", Status.CONTINUED, who="A. Lee", when="2026-01-02"),
        Decision("9", "31", None),
    )
    two = kept(
        tmp_path / "two.toml", Decision("9", "31", None, note="later", when="2026-01-03"), Decision("1", "3", None)
    )
    merged = decision_files.given([Path(one), Path(two)]).by_plans[OLD, NEW]
    assert {d.pair: (d.outcome, d.note) for d in merged.entries} == {
        ("30", "31"): ("continued", ""), ("9", "31"): ("no link", "later"), ("1", "3"): ("no link", ""),
    }  # fmt: skip
    data = json.loads(run("diff", OLD, NEW, "--format", "json", "--decisions", one, "--decisions", two).stdout)
    assert link_in(data, ("30", "31"))["decided_by"] == "reviewer"
    other = kept(tmp_path / "other.toml", Decision("30", "31", None, who="B. Ray", when="2026-02-01"))
    refused = run("diff", OLD, NEW, "--decisions", one, "--decisions", other, code=2).exception
    for words in (
        f"{OLD}:30 → {NEW}:31",
        "“continued” (A. Lee, 2026-01-02)",
        "“no link” (B. Ray, 2026-02-01)",
        one,
        other,
    ):
        assert words in refused.message


@pytest.mark.parametrize(
    "command",
    [
        ["diff", OLD, NEW, "--format", "json"],
        ["show", "2024:31", "--format", "json"],
        ["explain", "2021:30", "2024:31", "--format", "json"],
        ["history", "2021:30", "--format", "json"],
        ["search", "Kunlun", "--format", "json"],
        ["bodies", OLD, NEW, "--format", "json"],
        ["brief", OLD, NEW, "-o", "FILE"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_that_shows_links_takes_decisions(run, tmp_path: Path, plans, command: list[str]) -> None:
    """A rejected link is gone from each, and decisions on plans that the command does not compare are refused."""
    command = [str(tmp_path / "alert.md") if word == "FILE" else word for word in command]
    before = told(run(*command), tmp_path)
    # Its only link, so that bodies change, too.
    reject = kept(tmp_path / "reject.toml", *(Decision("30", t.number, None) for t in plans[1].tasks))
    assert told(run(*command, "--decisions", reject), tmp_path) != before
    assert told(run(*command), tmp_path) == before
    elsewhere = kept(tmp_path / "elsewhere.toml", plans=("2008", "2099"))
    assert "2008 and 2099" in run(*command, "--decisions", elsewhere, code=2).exception.message


def told(answer, folder: Path) -> str:
    return answer.stdout + "".join(path.read_text("utf-8") for path in folder.glob("*.md"))


# The round trip


def fill(path: Path, verdicts: dict[int, tuple[str, str]]) -> None:
    """Write (verdict, note) into rows of a workbook, by row number."""
    book = openpyxl.load_workbook(path)
    sheet = book["Questions"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row, (verdict, remark) in verdicts.items():
        sheet.cell(row, columns["Your verdict"], verdict)
        sheet.cell(row, columns["Your note"], remark)
    book.save(path)


def test_a_workbook_is_filled_in_and_read_back(run, own_home: Path, tmp_path: Path, queue) -> None:
    path = tmp_path / "review.xlsx"
    said = run("review", OLD, NEW, "-o", str(path)).stderr
    assert f"{len(queue)} questions left" in said
    assert "about" in said
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "Summary"
    sheet = book["Questions"]
    assert sheet.max_row == len(queue) + 1
    assert (sheet.freeze_panes, sheet.page_setup.orientation) == ("A2", "landscape")
    [rule] = sheet.data_validations.dataValidation
    assert rule.formula1 == '"link,escalated,continued,softened,none"'
    assert str(rule.sqref) == f"I2:I{len(queue) + 1}"
    fill(path, {2: ("softened", "“counsel”"), 3: ("none", ""), 4: ("link", ""), 5: ("perhaps", ""), 7: ("NONE ", "")})
    answer = run("review", OLD, NEW, "--from", str(path), "--reviewer", "A. Lee", code=1)
    found = {d.pair: d for d in decision_files.read(own_home).entries}
    assert set(found) == {queue[n].pair for n in (0, 1, 2, 5)}
    first = found[queue[0].pair]
    assert (first.outcome, first.note, first.who) == ("softened", "“counsel”", "A. Lee")
    assert found[queue[1].pair].outcome == found[queue[5].pair].outcome == "no link"
    assert found[queue[2].pair].outcome == queue[2].link.state
    assert "row 5: “perhaps” is no verdict" in answer.stderr
    assert "4 decided" in answer.stderr
    assert "1 not taken" in answer.stderr
    # Read again, it changes nothing.
    before = own_home.read_bytes()
    assert "0 decided; 4 decided before" in run("review", OLD, NEW, "--from", str(path), code=1).stderr
    assert own_home.read_bytes() == before


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_texts_for_scripts_are_read_back(run, own_home: Path, tmp_path: Path, queue, ending: str) -> None:
    path = tmp_path / f"review.{ending}"
    run("review", OLD, NEW, "-o", str(path))
    text = path.read_text("utf-8-sig")
    if ending == "jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
        assert {"old", "new", "old_text", "new_text", "confidence", "reason", "verdict", "note"} <= rows[0].keys()
        assert all(row["verdict"] is None for row in rows)
        rows[0]["verdict"], rows[1]["verdict"] = "continued", "none"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
        rows[0]["verdict"], rows[1]["verdict"] = "continued", "none"
        with path.open("w", encoding="utf-16", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys(), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
    assert [row["old"] for row in rows] == [item.old.ref for item in queue]
    run("review", OLD, NEW, "--from", str(path))
    found = {d.pair: d.outcome for d in decision_files.read(own_home).entries}
    assert found == {queue[0].pair: "continued", queue[1].pair: "no link"}


def test_every_row_that_cannot_be_taken_is_named(plans, own_home: Path, queue) -> None:
    item = queue[0]
    decision_files.write(own_home, Decisions(OLD, NEW, (Decision(*item.pair, Status.CONTINUED, who="B. Ray"),)))
    good = {"old": queue[1].old.ref, "new": queue[1].new.ref}
    rows = [
        review.Row("row 2", item.old.ref, item.new.ref, verdict="none"),
        review.Row("row 3", item.old.ref, item.new.ref, verdict="continued"),
        review.Row("row 4", **good, verdict="none", old_text="Something else altogether"),
        review.Row("row 5", **good, verdict="abolished"),
        review.Row("row 6", "2021:999", "2024:1", verdict="none"),
        review.Row("row 7", item.new.ref, item.old.ref, verdict="none"),
        review.Row("row 8", problem="not JSON"),
        review.Row("row 9", **good, verdict="none", old_text=queue[1].old.full_text[:50].upper()),
        review.Row("row 10", **good, verdict="escalated"),
        review.Row("row 11"),
    ]
    editor = review.DecisionEditor(*plans, (OLD, NEW), who="A. Lee")
    taken = editor.take(rows)
    assert [line.partition(":")[0] for line in taken.refused] == [f"row {n}" for n in (2, 4, 5, 6, 7, 8, 10)]
    assert "B. Ray" in taken.refused[0]
    assert (len(taken.decided), taken.known, taken.unanswered) == (1, 1, 1)
    assert editor.known.for_pair(item.pair).outcome == "continued"
    assert editor.known.for_pair(queue[1].pair).who == "A. Lee"
    replaced = editor.take(rows[:1], overwrite=True)
    assert not replaced.refused
    assert editor.known.for_pair(item.pair).outcome == "no link"


def test_answers_are_never_written_over(run, plans, queue, tmp_path: Path) -> None:
    for ending in ("xlsx", "csv", "jsonl"):
        path = tmp_path / f"q.{ending}"
        question_files.write(queue, *plans, path)
        if ending == "xlsx":
            question_files.write(queue, *plans, path)
            fill(path, {2: ("none", "")})
        before = path.read_bytes()
        with pytest.raises(UsageError, match="may hold answers"):
            question_files.write(queue, *plans, path)
        assert path.read_bytes() == before
        question_files.write(queue, *plans, path, overwrite=True)
    assert "may hold answers" in run("review", OLD, NEW, "-o", str(path), code=2).exception.message
    run("review", OLD, NEW, "-o", str(path), "--overwrite")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"PK\x03\x04 no workbook"),
        ("a.csv", b"ref,text\n1,2\n"),
        ("a.csv", b"\xff\xfe\xd8"),
        ("a.csv", b""),
        ("a.csv", b"\xe9\n"),
    ],
)
def test_a_file_that_is_none_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    from plancmp.errors import DocumentError

    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"a\.(xlsx|csv)"):
        question_files.read(path)


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_lines_are_rows_or_named(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    assert all(row.place and (row.problem or row.old is not None) for row in question_files.read(path))


def test_texts_are_no_formulas_in_a_workbook(plans, queue, tmp_path: Path) -> None:
    item = replace(queue[0], old=replace(queue[0].old, text='=HYPERLINK("http://localhost:9/x","y")', title=None))
    question_files.write([item], *plans, tmp_path / "q.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "q.xlsx")["Questions"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    [row] = question_files.read(tmp_path / "q.xlsx")
    assert (row.old, row.new, row.verdict) == (item.old.ref, item.new.ref, "")
