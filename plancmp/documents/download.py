"""A document named by its web address: fetched once, kept, and read from what was kept until it is asked for anew.

The only module that opens a connection, and only to an address in the user's own words and to where its server sends
it on. What is fetched is bounded in size, in time and in how often it is sent on; nothing that a page names is loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import logging
import re
import socket
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import DocumentError, UsageError
from ..json_cache import cache_directory, write_bytes
from ..text import printable
from ..version import __version__

log = logging.getLogger(__name__)

MAX_BYTES = 30_000_000
MAX_REDIRECTS = 5
# Of one wait for the server, and of the whole: finding the server's address has no limit of its own.
WAIT_SECONDS = 20.0
TOTAL_SECONDS = 90.0

# What servers call documents that are read here, with the ending of a file of that kind.
_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": "",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
# What they call anything: the content tells.
_ANYTHING = frozenset(
    [
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/msword",
        "application/zip",
        "application/download",
        "application/x-download",
        "application/force-download",
    ]
)
_SAVE = "save the page with a browser and name the file"


@dataclass(frozen=True, slots=True)
class Download:
    """What a server answered.

    address: as the user wrote it. data: the body's bytes. retrieved: when, as YYYY-MM-DDTHH:MM:SSZ. sha256: digest of data.
    media_type: what the server calls it, such as text/html, "" where it does not say. charset: the encoding that it
    declares, or None.
    """

    address: str
    data: bytes
    retrieved: str
    sha256: str
    media_type: str = ""
    charset: str | None = None

    @property
    def ending(self) -> str:
        """The ending of a file of this kind, `.html` for one; that of the address where the server does not say."""
        path = urllib.parse.urlsplit(self.address).path
        return _ENDINGS.get(self.media_type) or Path(path).suffix.lower()


def obtain(address: str, *, refresh: bool = False) -> Download:
    """The document at an address, from what was kept of it unless refresh.

    Raises UsageError for what is no http or https address, DocumentError, with the address and what to try, for every
    way in which fetching fails.
    """
    request = _request(address)
    store = cache_directory() / "web" / hashlib.sha256(address.encode()).hexdigest()[:32]
    if not refresh and (kept := _kept(store)):
        log.warning("%s: as retrieved on %s; --refresh fetches it again", address, kept.retrieved)
        return kept
    try:
        download = _in_time(address, request)
    except DocumentError as error:
        raise DocumentError(f"{printable(address)}: {error.message}", error.hint) from None
    head = {key: value for key, value in asdict(download).items() if key != "data"}
    with contextlib.suppress(OSError):
        store.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(store, json.dumps(head).encode() + b"\n" + download.data)
    return download


def _kept(store: Path) -> Download | None:
    """What was kept in a file; None where there is none or it is damaged."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        head, _, data = store.read_bytes().partition(b"\n")
        kept = Download(data=data, **json.loads(head))
        if hashlib.sha256(data).hexdigest() == kept.sha256:
            return kept
    return None


def _request(address: str) -> urllib.request.Request:
    """What to ask for; characters beyond ASCII are written as servers expect them. Raises UsageError."""
    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname or "", parts.port
        name = host if ":" in host else host.encode("idna").decode()
    except ValueError:
        name = ""
    if not name or re.search(r"[\x00-\x20\x7f]", address):
        raise UsageError(f"“{printable(address)[:200]}” is no web address", "write it as the browser shows it")
    if parts.scheme.casefold() not in ("http", "https"):
        raise UsageError(f"{printable(address)}: only http and https addresses are fetched", _SAVE)
    if parts.username is not None:
        raise UsageError("the address holds a user's name or password, which would be shown in every output", _SAVE)
    place = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    path, query = (urllib.parse.quote(part, safe="/%:@!$&'()*+,;=~?-._[]|") for part in (parts.path, parts.query))
    url = urllib.parse.urlunsplit((parts.scheme.casefold(), place, path or "/", query, ""))
    headers = {
        "User-Agent": f"plancmp/{__version__}",
        "Accept": "text/html, application/pdf, text/plain;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
    }
    return urllib.request.Request(url, headers=headers)


def _in_time(address: str, request: urllib.request.Request) -> Download:
    """The answer, or a DocumentError once TOTAL_SECONDS have passed, whatever the other end does."""
    outcome: list[Download | BaseException] = []

    def work() -> None:
        try:
            outcome.append(_answer(address, request))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TOTAL_SECONDS)
    if not outcome:
        raise DocumentError(f"no whole answer within {TOTAL_SECONDS:g} seconds", f"try again later, or {_SAVE}")
    if isinstance(outcome[0], Download):
        return outcome[0]
    if isinstance(outcome[0], (OSError, http.client.HTTPException, zlib.error)):
        raise _told(outcome[0])
    raise outcome[0]


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server that sends on, a few times, to http and https addresses alone."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urllib.parse.urlsplit(newurl).scheme not in ("http", "https"):
            raise DocumentError("the server sends on to an address that is neither http nor https", _SAVE)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """What speaks http and https, and none of the other schemes that the library knows."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _Redirects,
    ):
        opener.add_handler(handler())
    return opener


def _answer(address: str, request: urllib.request.Request) -> Download:
    with _opener().open(request, timeout=WAIT_SECONDS) as response:
        kind = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        if kind not in _ENDINGS and kind not in _ANYTHING:
            raise DocumentError(
                f"is not a document but {printable(kind)}", "a page, text, Word (docx) or PDF file is read"
            )
        data = _body(response)
        charset = response.headers.get_content_charset()
    if not data:
        raise DocumentError("the server sent nothing", f"try again later, or {_SAVE}")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Download(address, data, now, hashlib.sha256(data).hexdigest(), kind, charset)


def _body(response: http.client.HTTPResponse) -> bytes:
    """The body, unpacked. Raises DocumentError where it is larger than MAX_BYTES, packed or unpacked."""
    unpacker = zlib.decompressobj(wbits=47) if response.headers.get("Content-Encoding") in ("gzip", "x-gzip") else None
    expected = response.headers.get("Content-Length", "")
    body = bytearray()
    if not (expected.isascii() and expected.isdigit() and int(expected[:20]) > MAX_BYTES):
        while piece := response.read(1 << 16):
            body += unpacker.decompress(piece, MAX_BYTES + 1 - len(body)) if unpacker else piece
            if len(body) > MAX_BYTES:
                break
        else:
            if response.length or (unpacker and not unpacker.eof):
                raise http.client.IncompleteRead(bytes(body))
            return bytes(body)
    raise DocumentError(f"is larger than {MAX_BYTES // 10**6} MB", "save it, split it and name the file")


def _told(error: BaseException) -> DocumentError:
    """A failure in words that say what to try."""
    again = f"try again later, or {_SAVE}"
    if isinstance(error, urllib.error.HTTPError):
        if error.code in (301, 302, 303, 307, 308):
            return DocumentError(f"is sent on more than {MAX_REDIRECTS} times, or to nowhere", _SAVE)
        says = f"{error.code} {http.client.responses.get(error.code, '')}".strip()
        return DocumentError(f"the server answers {says}", "check the address" if error.code in (404, 410) else again)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLError):
        why = getattr(reason, "verify_message", "") or reason.reason or "failed"
        return DocumentError(f"no secure connection: {printable(str(why)).lower()}", _SAVE)
    if isinstance(reason, socket.gaierror):
        return DocumentError("there is no server of that name, or no network", "check the address and the connection")
    if isinstance(reason, TimeoutError):
        return DocumentError(f"the server did not answer within {WAIT_SECONDS:g} seconds", again)
    if isinstance(reason, ConnectionRefusedError):
        return DocumentError("the server refuses the connection", again)
    if isinstance(reason, http.client.IncompleteRead | zlib.error):
        return DocumentError("the server's answer is cut or damaged", again)
    words = printable(" ".join(str(getattr(reason, "strerror", None) or reason).split()))[:120]
    return DocumentError(f"the server cannot be read ({words or type(reason).__name__})", again)
