"""Documents from the web: what is fetched, from where, how much of it, and what is said where that fails.

The server is the test's own, on the loopback address.
"""

from __future__ import annotations

import ast
import gzip
import html
import io
import json
import socket
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen import canvas

import plancmp
from plancmp.documents import article, download, reader
from plancmp.documents.web_page import read_article, read_html
from plancmp.errors import DocumentError, UsageError
from plancmp.plans import catalogue

PACKAGE = Path(plancmp.__file__).parent
MENU = "<ul>" + "".join(f'<li><a href="/{n}">{n}</a></li>' for n in ("Home", "News", "Contact")) + "</ul>"
ITEMS = [
    f"{n}. Build {what} on the quay by 2031." for n, what in enumerate(["a shed", "a crane", "a pier", "a mole"], 1)
]
TITLE = "Action Plan for the Port 2030"
PAGE = (
    f"<html><head><title>{TITLE} | Port</title></head><body><header>{MENU}</header><p class='breadcrumb'>"
    f"<a href='/'>Home</a> &gt; Plans</p><main><h1>{TITLE}</h1>{''.join(f'<p>{item}</p>' for item in ITEMS)}"
    "<img src='/picture.png'><iframe src='/frame'></iframe></main><footer>© The Port. Call 000 111.</footer>"
    "<link rel=stylesheet href='/style.css'></body></html>"
)


class Server:
    """Answers that the test sets by path, and the paths that were asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.finished = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append(self.path)
                answer = owner.answers.get(self.path)
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def gives(self, path: str, body: bytes | str, kind: str | None = "text/html; charset=utf-8", **headers: str) -> str:
        """Let a path answer with a body; its address."""
        data = body.encode() if isinstance(body, str) else body

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            for name, value in ({"Content_Length": str(len(data))} | headers).items():
                request.send_header(name.replace("_", "-"), value)
            if kind:
                request.send_header("Content-Type", kind)
            request.end_headers()
            request.wfile.write(data)

        self.answers[path] = answer
        return self.at(path)

    def sends_on(self, path: str, target: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", target)
            request.end_headers()

        self.answers[path] = answer
        return self.at(path)

    def close(self) -> None:
        self.finished.set()
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("PLANCMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    running = Server()
    yield running
    running.close()


_watching: list[list[str]] = []


def _hear(event: str, details: tuple) -> None:
    if _watching and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        _watching[-1].append(f"{event} {details[1:2] if event == 'socket.connect' else details[:2]}")


sys.addaudithook(_hear)


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """Every connection and every look-up of a name that the interpreter makes, by whatever module."""
    heard: list[str] = []
    _watching.append(heard)
    yield heard
    _watching.remove(heard)


def test_the_watch_hears_a_connection(connections: list[str], server: Server) -> None:
    socket.create_connection(("127.0.0.1", server.port)).close()
    assert any(line.startswith("socket.connect") for line in connections)


def test_nothing_but_the_users_own_words_opens_a_connection(
    connections: list[str], server: Server, run, tmp_path: Path
) -> None:
    address = server.gives("/elsewhere", PAGE)
    (tmp_path / "page.html").write_text(
        PAGE.replace("<head>", f'<head><base href="{address}"><meta http-equiv=refresh content="0; url={address}">'),
        "utf-8",
    )
    (tmp_path / "text.md").write_text(f"# {address}\n\n![]({address})\n\n" + "\n".join(ITEMS), "utf-8")
    outside = docx.Document()
    for item in (address, *ITEMS):
        outside.add_paragraph(item)
    outside.part.relate_to(address, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image", True)
    outside.save(str(tmp_path / "text.docx"))
    for name in ("page.html", "text.md", "text.docx"):
        assert run("check", tmp_path / name)[0] == 0
    assert run("add", tmp_path / "page.html", "--id", "own", "--covers", "2030")[0] == 0
    with (tmp_path / "home/own/plan.toml").open("a") as particulars:
        particulars.write(f'url = "{address}"\nretrieved = "2030-01-01T00:00:00Z"\n')
    for command in (
        ["plans"],
        ["tasks", "own"],
        ["show", "own:1"],
        ["diff", "own", "2024", "--summary"],
        ["diff", "own", "2024", "-o", tmp_path / "own.html"],
        ["history", "trade secrets"],
        ["search", address],
        ["explain", "2021:30", "2024:31"],
        ["bodies", "2021", "2024"],
        ["brief", "own", "2024", "-o", tmp_path / "own.docx"],
    ):
        code, _, err = run(*command)
        assert code in (0, 2), (command, err)
    assert not connections
    assert not server.asked


def test_one_module_alone_can_open_connections() -> None:
    able = {"socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "ftplib", "smtplib", "asyncio"}
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if any(name == one or name.startswith(f"{one}.") for name in names for one in able):
                found.add(path.relative_to(PACKAGE).as_posix())
    assert found == {"documents/download.py"}


def test_an_address_is_fetched_alone_and_once(connections: list[str], server: Server, run) -> None:
    address = server.gives("/plans/port.html", PAGE)
    code, out, _ = run("tasks", address, "--format", "json")
    assert code == 0
    assert server.asked == ["/plans/port.html"]
    assert all(str(server.port) in line for line in connections)
    data = json.loads(out)
    assert [task["text"] for task in data["tasks"]] == [item[3:] for item in ITEMS]
    source = data["plan"]["source"]
    assert (source["url"], source["file"]) == (address, address)
    assert source["retrieved"].endswith("Z")
    code, again, err = run("tasks", address, "--format", "json")
    assert (code, again) == (0, out)
    assert "--refresh" in err
    assert len(server.asked) == 1
    server.gives("/plans/port.html", PAGE.replace("a shed", "a hall"))
    assert "a shed" in run("diff", address, "2024")[1]
    assert "a hall" in run("tasks", address, "--refresh")[1]
    assert "a hall" in run("check", address)[1] + run("tasks", address)[1]
    assert len(server.asked) == 2


def test_what_was_kept_and_is_damaged_is_fetched_again(server: Server, tmp_path: Path) -> None:
    address = server.gives("/port", PAGE)
    first = download.obtain(address)
    [kept] = (tmp_path / "cache/web").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert download.obtain(address).data == first.data
    assert len(server.asked) == 2


def test_an_added_address_is_kept_with_its_time_and_digest_and_cited(server: Server, run, tmp_path: Path) -> None:
    address = server.gives("/port.html", PAGE)
    code, out, err = run("add", address, "--id", "port")
    assert (code, err) == (0, "")
    assert "4 tasks stored" in out
    facts = tomllib.loads((tmp_path / "home/port/plan.toml").read_text("utf-8"))
    fetched = download.obtain(address)
    assert (facts["url"], facts["retrieved"], facts["fetched_sha256"]) == (address, fetched.retrieved, fetched.sha256)
    assert facts["title"] == TITLE
    server.close()
    day = fetched.retrieved[:10]
    for command in (["tasks", "port"], ["plans"], ["diff", "port", "2024"], ["tasks", "port", "--format", "md"]):
        shown = " ".join(run(*command, *(["--width", "200"] if "md" not in command else []))[1].split())
        assert f"{address}, retrieved {day}" in html.unescape(shown).replace("\\", ""), command
    report = tmp_path / "report.md"
    assert run("brief", "port", "2024", "-o", report)[0] == 0
    assert f"{address}, retrieved" in html.unescape(report.read_text("utf-8")).replace("\\", "")
    assert (
        json.loads(run("diff", "port", "2024", "--format", "json")[1])["old"]["source"]["retrieved"]
        == fetched.retrieved
    )


def test_word_and_pdf_files_are_told_by_their_content(server: Server) -> None:
    word, stream, pdf = docx.Document(), io.BytesIO(), io.BytesIO()
    for item in (TITLE, *ITEMS):
        word.add_paragraph(item)
    word.save(stream)
    drawing = canvas.Canvas(pdf)
    for n, item in enumerate((TITLE, *ITEMS)):
        drawing.drawString(50, 800 - 30 * n, item)
    drawing.save()
    word_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for path, body, kind, form in (
        ("/a", stream.getvalue(), word_type, "docx"),
        ("/b", stream.getvalue(), "application/octet-stream", "docx"),
        ("/c", pdf.getvalue(), "application/pdf", "pdf"),
        ("/d", pdf.getvalue(), None, "pdf"),
        ("/e.md", "\n".join(ITEMS).encode(), "text/plain", "md"),
    ):
        address = server.gives(path, body, kind)
        assert reader.read(address).format == form
        assert len(catalogue.load(address).tasks) == 4


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("gb2312", "gb2312", ""),
        ("gb18030", None, "gb2312"),
        ("big5", "big5", ""),
        ("utf-8", "iso-8859-1", ""),
        ("shift_jis", "shift_jis", ""),
    ],
)
def test_the_charset_of_header_and_page_is_heeded(encoding: str, header: str | None, meta: str, server: Server) -> None:
    words = "港口行動計画" if encoding in ("big5", "shift_jis") else "港口行动计划"
    words = words.replace("画", "畫") if encoding == "big5" else words
    page = f"<html><head>{f'<meta charset={meta}>' if meta else ''}</head><body><p>{words}</p></body></html>"
    address = server.gives("/zh", page.encode(encoding), f"text/html; charset={header}" if header else "text/html")
    assert reader.read(address).text == words


def test_addresses_beyond_ascii_are_asked_for_as_servers_expect(server: Server) -> None:
    server.gives("/%E8%AE%A1%E5%88%92?q=%E6%B8%AF", PAGE)
    assert len(plancmp.load(server.at("/计划?q=港#part")).tasks) == 4


def test_a_server_may_send_on_a_few_times(server: Server) -> None:
    server.gives("/0", PAGE)
    for n in range(1, 7):
        server.sends_on(f"/{n}", f"/{n - 1}")
    assert len(plancmp.load(server.at("/5")).tasks) == 4
    with pytest.raises(DocumentError, match="sent on more than 5 times"):
        download.obtain(server.at("/6"))


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/hostname", "data:text/html,x", "javascript:1"])
def test_a_server_sends_on_to_pages_alone(target: str, server: Server) -> None:
    address = server.sends_on("/x", target)
    with pytest.raises(DocumentError) as raised:
        download.obtain(address)
    assert raised.value.message.startswith(address)
    assert "\n" not in raised.value.message


def test_what_is_too_large_is_refused_however_it_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 10_000)

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        try:
            while not server.finished.is_set():
                request.wfile.write(b"x" * 10_000)
        except OSError:
            pass

    server.answers["/endless"] = endless
    server.gives("/stated", b"x" * 10_001)
    server.gives("/lied", b"x" * 9_999, Content_Length="99999999999999999999999")
    server.gives("/packed", gzip.compress(b"x" * 1_000_000), Content_Encoding="gzip")
    for path in ("/endless", "/stated", "/lied", "/packed"):
        with pytest.raises(DocumentError, match="is larger than"):
            download.obtain(server.at(path))
    server.gives("/fits", gzip.compress(b"<p>1. x</p>" * 900), Content_Encoding="gzip")
    assert len(download.obtain(server.at("/fits")).data) == 9_900


def test_a_server_that_keeps_silent_or_drips_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(request: BaseHTTPRequestHandler) -> None:
        server.finished.wait(30)

    def dripping(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        try:
            while not server.finished.wait(0.02):
                request.wfile.write(b"x")
                request.wfile.flush()
        except OSError:
            pass

    server.answers |= {"/silent": silent, "/drip": dripping}
    monkeypatch.setattr(download, "WAIT_SECONDS", 0.2)
    with pytest.raises(DocumentError, match=r"did not answer within 0\.2 seconds"):
        download.obtain(server.at("/silent"))
    monkeypatch.setattr(download, "TOTAL_SECONDS", 0.5)
    with pytest.raises(DocumentError, match=r"no whole answer within 0\.5 seconds"):
        download.obtain(server.at("/drip"))


def test_every_failure_is_one_line_that_names_the_address(server: Server, run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def broken(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"\0\1 no HTTP\r\n\r\n")

    server.answers["/broken"] = broken
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    failing = {
        server.at("/none"): "404 Not Found",
        server.gives("/picture", b"\x89PNG", "image/png"): "not a document but image/png",
        server.gives("/json", "{}", "application/json"): "not a document but application/json",
        server.gives("/empty", b""): "sent nothing",
        server.gives("/cut", PAGE, Content_Length="99999"): "cut or damaged",
        server.gives("/zip", b"\x1f\x8b\x08garbage", Content_Encoding="gzip"): "cut or damaged",
        server.at("/broken"): "cannot be read",
        server.gives("/blank", "<html><body> </body></html>"): "holds no text",
        server.gives("/rtf", b"{\\rtf1 x}", "application/msword"): "Rich Text Format",
        f"http://127.0.0.1:{nobody}/": "refuses the connection",
    }
    for address, words in failing.items():
        code, out, err = run("check", address)
        assert (code, out) == (1, ""), address
        assert err.startswith(f"plancmp: {address}: ")
        assert words in err.splitlines()[0]
        assert len(err.splitlines()) <= 2, err
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no server of that name" in run("check", "http://port.invalid/")[2]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x/y",
        "file:///etc/passwd",
        "http://",
        "https:///x",
        "http://a b/",
        "http://u:p@x/",
        "http://[::",
        "http://x:99999/",
    ],
)
def test_what_is_no_address_of_a_page_is_wrong_usage(address: str, run, connections: list[str], tmp_path: Path) -> None:
    code, out, err = run("check", address)
    assert (code, out, connections) == (2, "", [])
    assert len(err.splitlines()) <= 2
    with pytest.raises(UsageError):
        plancmp.load(address)


def test_an_article_is_told_from_what_stands_around_it() -> None:
    lines, notes = read_article(PAGE)
    assert [line.text for line in lines] == [TITLE, *ITEMS]
    assert len(notes) == 1
    text = "".join(f"<p>{item}</p>" for item in ITEMS * 5)
    for page in (
        f"<div class=topNav>{MENU}</div><div><h1>{TITLE}</h1><div>{text}</div></div><div id=foot>Call us {MENU}</div>",
        f"<table><tr><td>{MENU}</td></tr></table><table><tr><td><h1>{TITLE}</h1>{text}</td></tr></table><div>Call us</div>",
        f"<nav>{MENU}</nav><div class='page-with-sidebar'><div class=share><h1>{TITLE}</h1>{text}</div></div><aside>{MENU}</aside>",
        f"<div><a href=1>Home</a> » <a href=2>Plans</a></div><h1>{TITLE}</h1><div>{text}</div><div><a href=3>Next</a><a href=4>Up</a></div>",
    ):
        assert [line.text for line in read_article(f"<html><body>{page}</body></html>")[0]] == [TITLE, *ITEMS * 5]


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"<p>{item}</p>" for item in ITEMS),
        f"<h1>{TITLE}</h1><ul>"
        + "".join(f"<li><a href=/{n}>{item}</a></li>" for n, item in enumerate(ITEMS))
        + "</ul><p>End of it.</p>",
        "".join(f"<section><h2>Part {n}</h2><p>{item}</p></section>" for n, item in enumerate(ITEMS)),
        "<nav>" + "".join(f"<p>{item}</p>" for item in ITEMS) + "</nav>",
        "",
    ],
)
def test_of_a_page_without_surroundings_nothing_is_left_out(page: str) -> None:
    assert read_article(f"<html><body>{page}</body></html>") == (read_html(page), [])


def test_a_deep_page_takes_time_in_proportion() -> None:
    page = "<div class=x>" * 4_000 + "<p>1. x</p>" + "<nav><a href=/>y</a></nav>" * 4_000
    assert len(read_article(page)[0]) >= 1
    assert article._MOST_DEPTH < 4_000
