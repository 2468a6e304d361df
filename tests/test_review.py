"""A reviewer's decisions: their file, their precedence over the model, and the interactive session."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import NEW, OLD

from plancmp import pipeline
from plancmp.analysis import evaluation, questions, review
from plancmp.cli import main, reviewing
from plancmp.errors import DocumentError, UsageError
from plancmp.model import Decision, Decisions, Status
from plancmp.outcomes import decision_files, decisions
from plancmp.outcomes.result import PlanDiff
from plancmp.settings import SETTINGS


class Answer:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Decisions of one test are nobody else's."""
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "decisions" / f"{OLD}--{NEW}.toml"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    def call(*arguments: str, typed: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["plancmp", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as leave:
            main.run()
        captured = capsys.readouterr()
        return Answer(int(leave.value.code or 0), captured.out, captured.err)

    return call


def link_of(result: PlanDiff, pair: tuple[str, str]):
    return next((k for k in result.links if (k.old, k.new) == (f"{OLD}:{pair[0]}", f"{NEW}:{pair[1]}")), None)


def outcome_of(result: PlanDiff, ref: str):
    return next(outcome for outcome in result.tasks if outcome.ref == ref)


words = st.text(max_size=60)
verdicts = st.sampled_from(list(review.VERDICTS.values()))
hashes = st.none() | st.tuples(words, words)


@given(st.lists(st.tuples(verdicts, words, words, words, hashes), max_size=5))
def test_a_file_says_what_was_decided(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.toml"
    made = tuple(
        Decision(f"4.{i}", "box5", *verdict, note, who, when, known)
        for i, (verdict, note, who, when, known) in enumerate(rows)
    )
    decision_files.write(path, Decisions(OLD, NEW, made))
    assert decision_files.read(path) == Decisions(OLD, NEW, made)


def test_a_file_is_in_order_of_the_tasks(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    numbers = ["10", "9", "4.10", "4.2", "box5"]
    decision_files.write(path, Decisions(OLD, NEW, tuple(Decision(number, "1", None) for number in numbers)))
    assert [decision.old for decision in decision_files.read(path).entries] == ["4.2", "4.10", "9", "10", "box5"]


def test_a_file_made_by_hand_needs_little(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    path.write_text(
        f'\ufeffold_plan = "{OLD}"\r\nnew_plan = "{NEW}"\r\n[[decision]]\r\nold = 30\r\nnew = "31"\r\n'
        'verdict = "link"\r\nstatus = "continued"\r\nwhen = 2024-05-20\r\n',
        "utf-8",
        newline="",
    )
    assert decision_files.read(path).entries == (Decision("30", "31", Status.CONTINUED, when="2024-05-20"),)


HEAD = f'old_plan = "{OLD}"\nnew_plan = "{NEW}"\n'
LINK = '[[decision]]\nold = "1"\nnew = "2"\nverdict = "link"\nstatus = "continued"\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD + "[[decision]\n", 3, ""),
        (HEAD + 'x = "open\n', 3, ""),
        (HEAD + "x = ", 3, ""),
        (HEAD + LINK + LINK, 8, "decided twice"),
        (HEAD + LINK + '\n[[decision]]\nold = "1"\n', 9, "new must be"),
        (HEAD + LINK.replace('"1"', "4.10"), 3, "old must be"),
        (HEAD + LINK.replace('"link"', '"maybe"'), 3, "verdict"),
        (HEAD + LINK.replace('"link"', '"no link"'), 3, "no status"),
        (HEAD + LINK.replace('"continued"', '"dropped"'), 3, "status"),
        (HEAD + LINK.replace('"continued"', '"escalated"') + "softened = true\n", 3, "softened"),
        (HEAD + LINK + 'nota = "x"\n', 3, "unknown key “nota”"),
        (HEAD + LINK + "note = 1\n", 3, "note"),
        (HEAD + LINK + "when = 1\n", 3, "when"),
        (HEAD + LINK + 'sha256 = ["a"]\n', 3, "sha256"),
        (HEAD + "decision = 1\n", None, "tables"),
        (HEAD + "decision = [1]\n", None, "table"),
        (LINK, None, "which plans"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str, line: int | None, says: str) -> None:
    path = tmp_path / "d.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError) as caught:
        decision_files.read(path)
    assert f"{path}, line {line}:" in caught.value.message if line else f"{path}: " in caught.value.message
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_a_damaged_file_stops_what_would_use_it(run, own_home: Path) -> None:
    own_home.parent.mkdir(parents=True)
    own_home.write_bytes(HEAD.encode() + b'note = "\xff"\n')
    for command in (("diff", "2021", "2024"), ("review", "2021", "2024"), ("review", "2021", "2024", "--list")):
        answer = run(*command)
        assert answer.code == 1
        assert f"{own_home}, line 3:" in answer.err
        assert len(answer.err.splitlines()) == 2
    assert own_home.read_bytes().endswith(b'"\xff"\n')


def test_a_file_on_other_plans_is_refused(tmp_path: Path, plans) -> None:
    path = tmp_path / "d.toml"
    decision_files.write(path, Decisions("2008", NEW))
    with pytest.raises(UsageError, match="2008 and 2024"):
        decision_files.given([path]).require((OLD, NEW))
    with pytest.raises(UsageError, match="no such file"):
        decision_files.given([tmp_path / "none.toml"])


def decided(plans, alignment, *made: Decision) -> PlanDiff:
    return pipeline.judge(*plans, alignment, Decisions(OLD, NEW, made))


def test_an_accepted_link_is_the_reviewers(plans, alignment, queue) -> None:
    plain = pipeline.judge(*plans, alignment)
    near = next(candidate for candidate in queue if not candidate.linked)
    assert link_of(plain, near.pair) is None
    made = decisions.decide(near.old, near.new, Status.CONTINUED, True, "as\x1b counsel says")
    result = decided(plans, alignment, made)
    link = link_of(result, near.pair)
    assert (link.status, link.softened, link.decided_by, link.doubtful) == (Status.CONTINUED, True, "reviewer", False)
    assert link.note == "as counsel says"
    # A person's verdict does not carry the model's doubt.
    assert link.confidence == 1.0
    assert near.confidence < SETTINGS.threshold
    assert link.scores
    assert [c for c in link.commitments if c.old_span and c.new_span]
    assert outcome_of(result, near.old.ref).status in (Status.CONTINUED, Status.ESCALATED)
    assert near.new.ref in outcome_of(result, near.old.ref).links
    assert len(result.links) == len(plain.links) + 1
    assert list(result.links) == sorted(result.links, key=lambda k: [t.ref for t in plans[0].tasks].index(k.old))


def test_the_status_is_the_reviewers_even_of_a_sure_link(plans, alignment) -> None:
    sure = next(k for k in pipeline.judge(*plans, alignment).links if k.status is Status.ESCALATED)
    pair = sure.old.split(":")[1], sure.new.split(":")[1]
    link = link_of(decided(plans, alignment, Decision(*pair, Status.CONTINUED)), pair)
    assert (link.status, link.decided_by, link.confidence) == (Status.CONTINUED, "reviewer", 1.0)


def test_a_task_whose_only_link_is_rejected_has_none(plans, alignment) -> None:
    plain = pipeline.judge(*plans, alignment)
    only = [o for o in plain.tasks[: len(plans[0].tasks)] if len(o.links) == 1]
    only = [o for o in only if len(outcome_of(plain, o.links[0]).links) == 1]
    made = [Decision(o.ref.split(":")[1], o.links[0].split(":")[1], None) for o in only]
    result = decided(plans, alignment, *made)
    unlinked = set()
    for before in only:
        after, partner = outcome_of(result, before.ref), outcome_of(result, before.links[0])
        assert (after.status, after.links) == (Status.DROPPED, ())
        assert after.nearest[0] != before.links[0]
        assert after.confidence == pytest.approx(1 - after.nearest[1], abs=0.002)
        unlinked.add(partner.status)
    assert unlinked == {Status.NEW, Status.UNDETERMINED}
    assert len(result.links) == len(plain.links) - len(only)


def test_a_decision_on_other_words_is_reported_and_not_applied(plans, alignment, queue) -> None:
    near = next(candidate for candidate in queue if not candidate.linked)
    made = replace(decisions.decide(near.old, near.new, Status.CONTINUED), when="2024-05-20T10:00:00+08:00")
    new = plans[1]
    tasks = tuple(replace(t, text=t.text + " And more.") if t.ref == near.new.ref else t for t in new.tasks)
    misfit = decisions.misfit(made, plans[0], replace(new, tasks=tasks))
    assert misfit == (
        f"The text of {near.new.ref} has changed since the decision of 2024-05-20 on {near.old.ref} → {near.new.ref}; "
        "decide again."
    )
    stale = replace(made, sha256=("0" * 16, made.sha256[1]))
    unknown = Decision("999", "31", None)
    result = decided(plans, alignment, stale, unknown)
    assert link_of(result, near.pair) is None
    assert result.links == pipeline.judge(*plans, alignment).links
    assert result.notes[-2].startswith(f"The text of {near.old.ref} has changed")
    assert result.notes[-1].startswith(f"There is no task {OLD}:999")
    again = questions.candidates(*plans, alignment, Decisions(OLD, NEW, (stale, unknown)))
    assert again[0].pair == near.pair
    assert "before the text changed" in again[0].why


def test_another_printing_of_the_same_words_keeps_the_decision(queue) -> None:
    task = queue[0].old
    other = replace(task, text=task.text.replace(" ", "\u00a0 ").replace("“", '"').replace("’", "'"), lines=(1, 2))
    assert decisions.fingerprint(other) == decisions.fingerprint(task)
    assert decisions.fingerprint(replace(task, text=task.text + " not")) != decisions.fingerprint(task)


def test_every_output_of_a_script_has_the_decision(run, own_home: Path, tmp_path: Path) -> None:
    before = json.loads(run("history", "2021:30", "--format", "json").out)["entries"]
    done = run("review", "2021", "2024", "--set", "2021:30=2024:31:softened", "--note", "“one”\ntwo", "--who", "A. Lee")
    assert (done.code, done.out, done.err) == (0, f"{OLD}:30 → {NEW}:31: softened\n", "")
    data = json.loads(run("diff", "2021", "2024", "--format", "json").out)
    link = next(k for k in data["links"] if (k["old"], k["new"]) == (f"{OLD}:30", f"{NEW}:31"))
    assert link["decided_by"] == "reviewer"
    assert (link["status"], link["softened"], link["doubtful"], link["note"]) == (
        "continued",
        True,
        False,
        "“one”\ntwo",
    )
    assert "reviewer" in run("diff", "2021", "2024", "--format", "csv").out
    assert "reviewer: “one”" in run("diff", "2021", "2024", "--width", "200").out
    after = json.loads(run("history", "2021:30", "--format", "json").out)["entries"]
    statuses = [{e["ref"]: e["status"] for e in entries}[f"{NEW}:31"] for entries in (before, after)]
    assert statuses == ["escalated", "continued"]
    for entries, decided_by in ((before, "model"), (after, "reviewer")):
        ancestors = next(e for e in entries if e["ref"] == f"{NEW}:31")["ancestors"]
        assert {a["decided_by"] for a in ancestors if a["ref"].startswith(f"{OLD}:30")} == {decided_by}
        assert {a["decided_by"] for a in ancestors if not a["ref"].startswith(f"{OLD}:30")} <= {"model"}
    links = json.loads(run("history", "2021:30", "--format", "json").out)["links"]
    assert {(k["old"], k["new"]): k["decided_by"] for k in links}[f"{OLD}:30", f"{NEW}:31"] == "reviewer"
    assert "decided by a reviewer" in run("history", "2021:30").out
    shared = tmp_path / "shared.toml"
    own_home.rename(shared)
    assert '"reviewer"' not in run("diff", "2021", "2024", "--format", "json").out
    assert '"reviewer"' in run("diff", "2021", "2024", "--format", "json", "--decisions", str(shared)).out
    assert run("diff", "2021", "2024", "--decisions", str(tmp_path / "none.toml")).code == 2


def test_decisions_are_gold(run, tmp_path: Path, plans, queue) -> None:
    doubtful = [candidate for candidate in queue if candidate.linked]
    near = [candidate for candidate in queue if not candidate.linked]
    path = tmp_path / "gold.toml"
    made = [
        decisions.decide(doubtful[0].old, doubtful[0].new, doubtful[0].link.status, doubtful[0].link.softened),
        decisions.decide(doubtful[1].old, doubtful[1].new, None),
        decisions.decide(near[0].old, near[0].new, Status.CONTINUED),
        decisions.decide(near[1].old, near[1].new, None),
        replace(decisions.decide(near[2].old, near[2].new, Status.CONTINUED), sha256=("old", "old")),
    ]
    decision_files.write(path, Decisions(OLD, NEW, tuple(made)))
    gold = evaluation.read_gold(path)
    assert {(link["old"], link["new"]) for link in gold["links"]} == {doubtful[0].pair, near[0].pair}
    assert {tuple(pair) for pair in gold["rejected"]} == {doubtful[1].pair, near[1].pair}
    data = json.loads(run("evaluate", str(path), "--format", "json").out)
    assert data["schema"] == "plancmp.evaluation/1"
    assert data["links"]["missed"] == [list(near[0].pair)]
    assert data["links"]["extra"] == [list(doubtful[1].pair)]
    assert (data["links"]["precision"], data["links"]["recall"]) == (0.5, 0.5)
    assert data["status"]["judged"] == 1
    # One's own decisions do not make the model look better.
    decision_files.write(decision_files.default_path(*plans), Decisions(OLD, NEW, tuple(made)))
    assert json.loads(run("evaluate", str(path), "--format", "json").out) == data


def test_list_and_forget(run, own_home: Path) -> None:
    assert run("review", "2021", "2024", "--list").out == ""
    assert not own_home.exists()
    run("review", "2021", "2024", "--set", "30=31:escalated", "--set", f"{OLD}:9={NEW}:31:none", "--who", "")
    listed = run("review", "2021", "2024", "--list").out.splitlines()
    assert listed[0].startswith(f"{OLD}:9 → {NEW}:31: no link; 20")
    assert listed[1].startswith(f"{OLD}:30 → {NEW}:31: escalated; 20")
    forgotten = run("review", "2021", "2024", "--forget", "2021:9=2024:31", "--list").out.splitlines()
    assert forgotten == [f"{OLD}:9 → {NEW}:31: forgotten", listed[1]]
    again = run("review", "2021", "2024", "--forget", "2021:9=2024:31")
    assert (again.code, len(again.err.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--set", "2021:30"],
        ["--set", ""],
        ["--set", "2021:30=2024:"],
        ["--set", "2021:30=2024:31a:none"],
        ["--set", "2021:1z=2024:3b:none"],
        ["--set", "2021:30=2024:31:perhaps"],
        ["--set", "2021:30=2024:31:dropped"],
        ["--set", "2021:30=2024:999:none"],
        ["--set", "2021:999=2024:31:none"],
        ["--set", "2024:31=2021:30:none"],
        ["--set", "14fyp:3.1=2024:31:none"],
        ["--set", "=:none"],
        ["--forget", "2021:30"],
        ["--note", "alone"],
        ["--set", "2021:30=2024:31:none", "--set", "2021:30=2024:31:\x1b[31m"],
    ],
)
def test_a_wrong_decision_is_one_line_and_changes_nothing(run, own_home: Path, wrong: list[str]) -> None:
    answer = run("review", "2021", "2024", *wrong)
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    assert "\x1b" not in answer.err
    assert not own_home.exists()


def decisions_in(path: Path) -> dict[tuple[str, str], Decision]:
    return {decision.pair: decision for decision in decision_files.read(path).entries} if path.exists() else {}


def test_what_changes_most_comes_first(plans, alignment, queue) -> None:
    worths = [item.worth for item in queue]
    assert worths == sorted(worths, reverse=True)
    assert all(item.hang >= 1 and 0 <= item.confidence <= 1 for item in queue)
    assert {item.pair for item in queue if item.linked} == {
        (plans[0].tasks[i].number, plans[1].tasks[j].number) for i, j in alignment.links
    }
    # Sure links and drops can be checked, too: every task is in some question.
    assert {item.old.ref for item in queue} == {task.ref for task in plans[0].tasks}
    assert {item.why for item in queue} >= {"doubtful link", "confident link, for a check", "near miss, not linked"}


def test_every_key_does_what_it_says(run, own_home: Path, queue) -> None:
    typed = "n\nwith “counsel”\na\nr\ns\nw\nk\n\nx\ns\nx\nq\n"
    answer = run("review", "2021", "2024", "--who", "A. Lee", typed=typed)
    assert answer.code == 0
    found = decisions_in(own_home)
    assert set(found) == {candidate.pair for candidate in queue[:3]}
    first, second, third = (found[candidate.pair] for candidate in queue[:3])
    assert (first.status, first.softened) == (queue[0].link.status, queue[0].link.softened)
    assert (first.note, first.who, second.note) == ("with “counsel”", "A. Lee", "")
    assert second.verdict == "no link"
    assert third.outcome == "softened"
    assert f"1 of {len(queue)}   {queue[0].link.old} → {queue[0].link.new}" in answer.out
    assert "no such key" in answer.err
    assert "no status set" in answer.err
    last = answer.err.splitlines()[-1]
    assert f"3 of {len(queue)} decided; kept in {own_home}; {len(queue) - 3} questions left" in last


def test_undo_goes_back_and_forgets(run, own_home: Path, queue) -> None:
    answer = run("review", "2021", "2024", typed="u\na\nr\nu\nk\nu\nu\nr\n")
    assert "nothing to undo" in answer.err
    assert {pair: decision.verdict for pair, decision in decisions_in(own_home).items()} == {queue[0].pair: "no link"}


def test_undo_brings_back_what_was_decided_on_other_words(run, own_home: Path, queue) -> None:
    stale = Decision(*queue[5].pair, Status.CONTINUED, note="before", sha256=("old", "words"))
    decision_files.write(own_home, Decisions(OLD, NEW, (stale,)))
    run("review", "2021", "2024", typed="r\nu\nq\n")
    assert decisions_in(own_home) == {stale.pair: stale}
    run("review", "2021", "2024", typed="r\nq\n")
    assert decisions_in(own_home)[stale.pair].verdict == "no link"


def test_what_is_decided_is_never_asked_again(run, own_home: Path, queue) -> None:
    run("review", "2021", "2024", typed="a\nr\nk\nq\n")
    answer = run("review", "2021", "2024", typed="q\n")
    assert f"1 of {len(queue) - 2}   {queue[2].link.old} → {queue[2].link.new}" in answer.out
    run("review", "2021", "2024", typed="r\n" * len(queue))
    assert len(decisions_in(own_home)) == len(queue)
    answer = run("review", "2021", "2024", typed="")
    assert (answer.code, answer.out) == (0, "")
    assert "nothing is left to decide" in answer.err


@pytest.mark.parametrize("typed", ["a\nr", "a\nr\nn\n", "a\nr\nn\nhalf a note", "a\nr\ns\n", "a\nr\n\n\n"])
def test_the_end_of_the_input_keeps_what_was_decided(run, own_home: Path, queue, typed: str) -> None:
    answer = run("review", "2021", "2024", typed=typed)
    assert answer.code == 0
    assert set(decisions_in(own_home)) == {candidate.pair for candidate in queue[:2]}
    assert f"2 of {len(queue)} decided" in answer.err


def test_what_others_write_meanwhile_stays(plans, own_home: Path, queue) -> None:
    shown = []

    def show(candidate: questions.ReviewItem, place: int, count: int) -> None:
        shown.append(place)
        decision_files.set_decisions(own_home, *plans, {(str(place), "1"): Decision(str(place), "1", None)})

    class Keys(reviewing.Keyboard):
        def key(self, prompt: str) -> str:
            return "a"

    reviewing.converse(review.Session(*plans, own_home, queue[:2]), Keys(), show)
    assert shown == [1, 2]
    assert set(decisions_in(own_home)) == {("1", "1"), ("2", "1"), queue[0].pair, queue[1].pair}


def test_in_a_real_terminal(own_home: Path, queue) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="100")
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, "-m", "plancmp", "review", "2021", "2024", "--who", "A. Lee"])
    seen = log = ""

    def expect(words: str) -> str:
        nonlocal seen, log
        until = time.monotonic() + 60
        while words not in seen:
            assert select.select([terminal], [], [], max(until - time.monotonic(), 0))[0], f"no “{words}” in: {seen}"
            try:
                seen += os.read(terminal, 4096).decode("utf-8", "replace")
            except OSError:
                pytest.fail(f"the end instead of “{words}”: {seen}")
        before, _, seen = seen.partition(words)
        log += before
        return before

    def press(key: str) -> None:
        expect("[q]uit: ")
        while termios.tcgetattr(terminal)[3] & termios.ICANON:
            time.sleep(0.005)  # the prompt is out before single keys are read
        os.write(terminal, key.encode())

    try:
        press("n")
        expect("note: ")
        os.write(terminal, b"as counsel says\n")
        press("a")
        expect(f": {'softened' if queue[0].link.softened else queue[0].link.status}")
        expect(f"{queue[1].link.old} → {queue[1].link.new}")
        press("r")
        press("u")
        expect("scores: ")
        assert "\x1b[1m" in log  # drawn with styles
        press("\x1b[A")
        expect("no such key")
        press("sw")
        expect("softened")
        press("\x03")
        expect("interrupted")
        _, status = os.waitpid(child, 0)
        child = 0
        assert os.waitstatus_to_exitcode(status) == 130
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(terminal)
    found = decisions_in(own_home)
    assert {pair: decision.outcome for pair, decision in found.items()} == {
        queue[0].pair: "softened" if queue[0].link.softened else str(queue[0].link.status),
        queue[1].pair: "softened",
    }
    assert found[queue[0].pair].note == "as counsel says"


def test_decisions_of_simultaneous_writers_are_all_in_the_file(own_home: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.toml"
    shared.write_text(HEAD, "utf-8")
    (tmp_path / "link.toml").symlink_to(shared)
    for file, options in ((own_home, []), (shared, ["--decisions", str(tmp_path / "link.toml")])):
        several = [
            subprocess.Popen(
                [sys.executable, "-m", "plancmp", "review", "2021", "2024", "--set", f"{number}={number}:none", *options],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            for number in range(1, 9)
        ]  # fmt: skip
        assert [(process.communicate()[1], process.returncode) for process in several] == [(b"", 0)] * 8
        assert set(decisions_in(file)) == {(str(number), str(number)) for number in range(1, 9)}
        assert not list(file.parent.glob(".*"))
    assert (tmp_path / "link.toml").is_symlink()


def test_threads_of_one_process_lose_no_decision(plans, own_home: Path) -> None:
    pairs = [(str(number), "1") for number in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda pair: decision_files.set_decisions(own_home, *plans, {pair: Decision(*pair, None)}), pairs)
        )
    assert set(decisions_in(own_home)) == set(pairs)
