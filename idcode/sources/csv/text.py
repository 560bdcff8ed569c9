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
    """The bytes are not text in ``encoding``; the first that is not stands at ``line`` and ``column``."""

    def __init__(self, encoding: str, line: int, column: int, byte: int | None) -> None:
        super().__init__(encoding)
        self.encoding, self.line, self.column, self.byte = encoding, line, column, byte


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Read ``data`` as text in ``encoding``, or guess: a byte order mark, then UTF-8, then Windows-1252.

    Raises :class:`UndecodableError`; where the encoding was guessed, with the place at which it is not UTF-8.
    """
    if encoding is not None:
        return Decoded(_decode(data, encoding), encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(_decode(data, name), name, "its byte order mark")
    try:
        return Decoded(_decode(data, "utf-8"), "utf-8", "its bytes")
    except UndecodableError as not_utf8:
        try:
            return Decoded(_decode(data, "windows-1252"), "windows-1252", "bytes that are not UTF-8")
        except UndecodableError:
            raise not_utf8 from None


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
        raise UndecodableError(encoding, *position(before, len(before)), data[error.start]) from None
    except UnicodeError:
        raise UndecodableError(encoding, 1, 1, None) from None
