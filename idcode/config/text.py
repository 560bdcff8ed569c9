"""The text of one file: decoded strictly, with lines for excerpts and places for offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from idcode.model.diagnostics import Diagnostic, Severity, Span

_BREAK = re.compile(r"\r\n|\n|\r")
_REFUSED = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SECRET = re.compile(
    r"""(?ix) (?: (?!initial_) [\w-]*(?:password|secret|token)[\w-]* ["']? \s*:\s* )
        (?P<value> "(?:[^"\\]|\\.)*"? | '(?:[^']|'')*'? | [^\s,}\#][^,}\#]* )"""
)
_USER_INFO = re.compile(r"://[^/@\s]*:(?P<value>[^/@\s]+)@")
_GLUED = re.compile(r"([\w.-]+):([^\s:/\\]\S*)")
_VARIABLES_ONLY = re.compile(r"""["']?\s*(?:\$\{env:\w+\}\s*)+["']?\s*""")


def mask_secrets(line: str) -> str:
    """Return ``line`` with the values of password, secret and token keys starred out, every column kept.

    ``${env:NAME}`` is no secret and stays.
    """
    for pattern in (_SECRET, _USER_INFO):
        line = pattern.sub(_starred, line)
    return line


def missing_space(text: str) -> str | None:
    """Return what to write for ``mode:exact``, which YAML takes for one word; ``None`` for any other text."""
    glued = _GLUED.fullmatch(text)
    return f"write a space after the colon: {glued[1]}: {glued[2]}" if glued else None


def _starred(match: re.Match[str]) -> str:
    value = match["value"]
    if _VARIABLES_ONLY.fullmatch(value):
        return match[0]
    start = match.start("value") - match.start()
    return match[0][:start] + "*" * len(value) + match[0][start + len(value) :]


class SourceText:
    """One file's text without its byte order mark. ``file`` is its path relative to the root, with ``/``."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self.text))]

    def span(self, index: int, length: int = 1) -> Span:
        """Return the place of the character at ``index``; the length is cut at the end of the line."""
        line = bisect_right(self._starts, index)
        start = self._starts[line - 1]
        room = len(self.line(line)) - (index - start)
        return Span(self.file, line, index - start + 1, max(1, min(length, room)))

    def line(self, number: int) -> str:
        """Return line ``number`` (from 1) without its line break; the empty text past the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def finding(self, severity: Severity, code: str, message: str, span: Span, hint: str | None = None) -> Diagnostic:
        """Return a diagnostic about ``span`` with the (masked) source line as its excerpt."""
        return Diagnostic(severity, code, message, hint, span, excerpt=mask_secrets(self.line(span.line)))


def decode(data: bytes, file: str) -> tuple[SourceText, Diagnostic | None]:
    """Decode UTF-8 with or without a byte order mark, and refuse characters that YAML refuses.

    With a diagnostic, the text is what came before the bad byte or character.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = SourceText(file, "")
        return text, text.finding(
            "error", "not-utf-8", "this file is UTF-16, not UTF-8", Span(file), "save it as UTF-8"
        )
    try:
        text = SourceText(file, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as problem:
        text = SourceText(file, data[: problem.start].decode("utf-8").removeprefix("\ufeff"))
        message = f"byte 0x{data[problem.start]:02X} at offset {problem.start} is not valid UTF-8"
        span = text.span(len(text.text))
        return text, text.finding("error", "not-utf-8", message, span, "save the file as UTF-8")
    refused = _REFUSED.search(text.text)
    if not refused:
        return text, None
    character = f"U+{ord(refused[0]):04X}"
    hint = "remove it, or write it as an escape in double quotes"
    if refused[0] == "\ufeff":
        hint = "a byte order mark belongs at the very start of a file only; remove it"
    return text, text.finding(
        "error", "bad-character", f"the character {character} is not allowed here", text.span(refused.start()), hint
    )
