"""From bytes to text: which encoding a file has, and where it breaks it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file without its byte order mark, and why it is read in ``encoding`` where that was guessed."""

    text: str
    encoding: str
    guessed_from: str | None = None


class UndecodableError(ValueError):
    """The bytes are not text in ``encoding``; the first that is not stands behind the text ``before``."""

    def __init__(self, encoding: str, before: str, byte: int | None) -> None:
        super().__init__(encoding)
        self.encoding, self.byte = encoding, byte
        self.line, self.column = position(before, len(before))
        self.after_ascii = before.isascii()


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Read ``data`` as text in ``encoding``, or guess: a byte order mark, then UTF-8, then Windows-1252.

    Bytes that begin as UTF-8 beyond ASCII and break later are UTF-8 that was cut or damaged, not Windows-1252:
    taking them for that would garble every name. Raises :class:`UndecodableError`.
    """
    if encoding is not None:
        return Decoded(_decode(data, encoding), encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_decode(data, name), name, "its byte order mark")
    try:
        return Decoded(_decode(data, "utf-8"), "utf-8", "its bytes")
    except UndecodableError as not_utf8:
        if not not_utf8.after_ascii:
            raise
    return Decoded(_decode(data, "windows-1252"), "windows-1252", "bytes that are not UTF-8")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column (both from 1) of the character at ``offset``."""
    line, start = 1, 0
    for end in _LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, offset - start + 1


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace").removeprefix("\ufeff")
        raise UndecodableError(encoding, before, data[error.start]) from None
    except UnicodeError:  # codecs of several bytes a character that do not say where
        raise UndecodableError(encoding, "", None) from None
