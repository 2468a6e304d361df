"""Word and Excel files: the same bytes for the same document, and a seal that tells whether a person has edited one."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PROPERTIES = "docProps/custom.xml"
_NAME = "plancmp text"
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_KIND = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
# What people read in a Word document and in a workbook.
_PARTS = re.compile(r"word/(?:document|comments|footnotes|endnotes)\.xml|xl/sharedStrings\.xml|xl/comments\d*\.xml")
_TEXT = re.compile(r"<(?:\w+:)?(t|delText)(?:\s[^>]*)?>([^<]*)<|<(?:\w+:)?(ins|del)\s|</(?:\w+:)?(p|si|ins|del)>")


def without_timestamps(archive: bytes) -> bytes:
    """A zip archive with the time of writing taken out, so that the same document is the same bytes."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        return _zipped({entry.filename: old.read(entry) for entry in old.infolist()})


def sealed(archive: bytes) -> bytes:
    """The document with a digest of its text among its own properties."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        parts = {entry.filename: old.read(entry) for entry in old.infolist()}
    digest = _digest(parts)
    before = parts.get(_PROPERTIES, b"").decode("utf-8", "replace")
    before = re.sub(rf'<property [^>]*name="{_NAME}".*?</property>', "", before, flags=re.DOTALL)
    known = [int(number) for number in re.findall(r'pid="(\d+)"', before)]
    entry = (
        f'<property fmtid="{_FORMAT_ID}" pid="{max(known, default=1) + 1}" name="{_NAME}">'
        f'<vt:lpwstr xmlns:vt="{_TYPES}">{digest}</vt:lpwstr></property>'
    )
    if "</Properties>" in before:
        parts[_PROPERTIES] = before.replace("</Properties>", entry + "</Properties>").encode()
        return _zipped(parts)
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts[_PROPERTIES] = f'{head}<Properties xmlns="{_CUSTOM}" xmlns:vt="{_TYPES}">{entry}</Properties>'.encode()
    override = f'<Override PartName="/{_PROPERTIES}" ContentType="{_KIND}"/></Types>'
    relation = f'<Relationship Id="plancmpText" Type="{_RELATION}" Target="{_PROPERTIES}"/></Relationships>'
    for name, ending, addition in (
        ("[Content_Types].xml", "</Types>", override),
        ("_rels/.rels", "</Relationships>", relation),
    ):
        parts[name] = parts[name].decode("utf-8").replace(ending, addition).encode()
    return _zipped(parts)


def edited_since(path: Path) -> bool:
    """True for a Word or Excel file whose text is no longer, or never was, what plancmp wrote; False where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except FileNotFoundError:
        return False
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return path.is_file() and path.stat().st_size > 0
    properties = parts.get(_PROPERTIES, b"").decode("utf-8", "replace")
    found = re.search(rf'name="{_NAME}".*?>([0-9a-f]{{64}})<', properties, re.DOTALL)
    return not found or found.group(1) != _digest(parts)


def _digest(parts: dict[str, bytes]) -> str:
    """A digest of all text that people read, and of what of it is a tracked change; how runs are cut does not count."""
    digest = hashlib.sha256()
    for name in sorted(filter(_PARTS.fullmatch, parts)):
        pieces = []
        for match in _TEXT.finditer(parts[name].decode("utf-8", "replace")):
            kind, text, opened, closed = match.groups()
            pieces.append(text if kind else f"\x01{opened}" if opened else f"\x02{closed}")
        # Neighbouring tracked runs of one kind may be written as one or as several.
        whole = re.sub(r"\x02(ins|del)\x01\1", "", "".join(pieces))
        texts = whole.split("\x02si")
        # Excel writes its texts in any order.
        digest.update("\n".join(sorted(texts) if len(texts) > 1 else texts).encode("utf-8", "replace"))
    return digest.hexdigest()


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, data)
    return out.getvalue()
