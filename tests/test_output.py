"""Answers go where the user says, and what stands there stays whole: devices, pipes, links, permissions."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plancmp import files, json_cache
from plancmp.report import output
from plancmp.report.terminal import comparison, history

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX files")
FORMATS = ["json", "csv", "md", "html", "docx", "xlsx", "txt"]


def write(path: Path, form: str = "json") -> subprocess.CompletedProcess:
    # What stands there is no work of the program, and is asked to be written over.
    options = ["--overwrite"] if form in ("docx", "xlsx") else ["--format", {"txt": "table"}.get(form, form)]
    return subprocess.run(
        [sys.executable, "-m", "plancmp", "bodies", "2021", "2024", *options, "-o", str(path)],
        capture_output=True,
        text=True,
    )


@posix
@pytest.mark.parametrize("form", FORMATS)
def test_a_link_is_followed_and_permissions_stay(form: str, tmp_path: Path) -> None:
    target, link = tmp_path / f"target.{form}", tmp_path / f"link.{form}"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    done = write(link, form)
    assert (done.returncode, done.stderr) == (0, "")
    assert link.is_symlink()
    assert len(target.read_bytes()) > 100
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == sorted([target, link])


@posix
def test_hard_links_stay_one_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"a much longer text than the next")
    os.link(one, other)
    files.write_output(one, b"new")
    assert one.read_bytes() == other.read_bytes() == b"new"
    assert one.samefile(other)


@posix
def test_a_link_to_nothing_yet_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.write_output(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@posix
def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert write(pipe).returncode == 0
    reader.join(30)
    assert received[0].startswith(b"{")
    assert pipe.is_fifo()


@posix
def test_a_device_stays_a_device(tmp_path: Path) -> None:
    # Not /dev/null itself: a failure as root would delete it.
    device = tmp_path / "null.json"
    device.symlink_to(os.devnull)
    assert write(device).returncode == 0
    assert device.is_char_device()
    assert list(tmp_path.iterdir()) == [device]
    try:
        os.mknod(tmp_path / "own", stat.S_IFCHR | 0o666, os.stat(os.devnull).st_rdev)
    except OSError:
        pytest.skip("devices cannot be made here")
    files.write_output(tmp_path / "own", b"new")
    assert (tmp_path / "own").is_char_device()


@pytest.mark.parametrize("form", FORMATS)
def test_a_read_only_file_is_refused_for_every_user(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"fixed.{form}"
    path.write_text("before")
    path.chmod(0o444)
    done = write(path, form)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "read-only" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert path.read_text() == "before"


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(b"before")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(json_cache.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_output(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def kept_tables() -> list[Path]:
    return list(json_cache.cache_directory().glob("kept/*/tables/*"))


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are drawn from now on; none is kept, in a cache that no other test fills, and the home is empty."""
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    calls: list[str] = []

    def watch(room: Any, name: str) -> None:
        real = getattr(room, name)

        def watched(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        monkeypatch.setattr(room, name, watched)

    watch(comparison, "diff")
    watch(history, "history")
    watch(history, "search")
    return calls


@pytest.mark.parametrize(
    "command", [("diff", "2021", "2024"), ("history", "trade secrets"), ("search", "pledge financing")], ids=" ".join
)
def test_a_table_is_drawn_once_for_each_terminal(
    run: Callable[..., tuple[int, str, str]], drawn: list[str], command: tuple[str, ...]
) -> None:
    first = run(*command)
    assert run(*command) == first
    assert len(drawn) == 1
    for option in (("--width", "60"), ("--width", "120"), ("--color", "always")):
        assert run(*command, *option)[1] != first[1]
        assert run(*command, *option)[1] != first[1]
    assert len(drawn) == 4
    for file in kept_tables():
        file.write_bytes(file.read_bytes().replace(b"e", b"a", 1))
    assert run(*command) == first
    assert len(drawn) == 5


def test_a_table_says_what_has_changed_since(
    run: Callable[..., tuple[int, str, str]], drawn: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "mine"
    home.mkdir(parents=True)
    (home / "plan.toml").write_text('title = "Mine"\nissued = 2025-01-01\nlanguage = "en"\n', "utf-8")
    text = "1. Revise the Patent Law.\n\n2. Carry out the Kunlun campaign against counterfeits.\n"
    (home / "source.txt").write_text(text, "utf-8")
    before = {command: run(*command)[1] for command in (("diff", "mine", "2023"), ("history", "Kunlun"))}
    # A word, a fact, and a decision.
    (home / "source.txt").write_text(text.replace("counterfeits", "lighthouses"), "utf-8")
    assert "lighthouse" in run("history", "Kunlun")[1]
    (home / "plan.toml").write_text('title = "Ours"\nissued = 2025-01-01\nlanguage = "en"\n', "utf-8")
    after = {command: run(*command)[1] for command in before}
    assert all("Ours" in shown and "Ours" not in before[command] for command, shown in after.items())
    decided = run("diff", "2021", "2024")[1]
    (tmp_path / "home" / "decisions").mkdir()
    words = 'old_plan = "2021-2022"\nnew_plan = "2024"\n[[decision]]\nold = "37"\nnew = "35"\nverdict = "no link"\n'
    (tmp_path / "home" / "decisions" / "2021-2022--2024.toml").write_text(words, "utf-8")
    assert run("diff", "2021", "2024")[1] != decided
    monkeypatch.setenv("COLUMNS", "64")
    assert max(map(len, run("diff", "2021", "2024")[1].splitlines())) <= 64


def test_tables_kept_are_few(
    run: Callable[..., tuple[int, str, str]], drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_TABLES_KEPT", 3)
    for width in range(60, 66):
        run("history", "Kunlun", "--width", width)
    assert len(kept_tables()) == 3
    run("history", "Kunlun", "--width", 65)
    assert len(drawn) == 6
