"""Every test runs with a cache and a home of its own; nothing of the user's is read or written."""

from __future__ import annotations

import http.server
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

# Before numpy is loaded: the command line sets the same, and two test processes on two cores with two threads each wait for
# each other most of the time.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import hypothesis
import pytest
from briefing_cases import brief, comparison, hostile, secrets, short  # noqa: F401 - fixtures of several files
from review_cases import alignment, plans, queue  # noqa: F401 - likewise

from plancmp.cli import main

ROOT = Path(__file__).resolve().parent.parent
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.pop("NO_COLOR", None)
# No test is timed: on a busy machine any of them may take long once.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: its exit code, and what it printed on stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["plancmp", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            main.run()
        captured = capsys.readouterr()
        return int(leave.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture(autouse=True, scope="session")
def own_directories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for the whole run and all its processes, so that plans are read, embedded and compared once."""
    patch = pytest.MonkeyPatch()
    own = tmp_path_factory.getbasetemp()
    patch.setenv("PLANCMP_CACHE", str((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"))
    patch.setenv("PLANCMP_HOME", str(tmp_path_factory.mktemp("home")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine on which every request is written down, and the list of what was asked for."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()
