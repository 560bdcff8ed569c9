"""What reaches the terminal: results on stdout, progress and diagnostics on stderr."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import time
from collections.abc import Sequence

from idcode.model.diagnostics import Diagnostic


def show_anything() -> None:
    """Let stdout and stderr write as escapes what they cannot show, such as half a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def width() -> int:
    """Return the width to render for: the terminal's, between 60 and 140, or 100 where there is none."""
    if not sys.stdout.isatty():
        return 100
    return max(60, min(140, shutil.get_terminal_size((100, 24)).columns))


def color(stream: object = None) -> bool:
    """Whether to colour: on a terminal, unless ``NO_COLOR``, ``CI`` or a dumb terminal says otherwise."""
    target = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(target, "isatty", lambda: False)())


def say(text: str) -> None:
    """Write a result to stdout."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Write a remark to stderr; where nobody can hear it any more, it is lost and the work goes on."""
    _remark(text if text.endswith("\n") else text + "\n")


def _remark(text: str) -> None:
    # A closed pipe, terminal or file: no reason to stop in the middle of writing to a directory.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def tell(diagnostics: Sequence[Diagnostic]) -> None:
    """Write diagnostics to stderr, as text with carets."""
    if diagnostics:
        from idcode.report.diagnostics import render_text

        note(render_text(diagnostics, color=color(sys.stderr)))


class Progress:
    """One line on a terminal's stderr that says what is being done; silent elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty() and not os.environ.get("CI")
        self._last = 0.0

    def __call__(self, what: str, count: int) -> None:
        """Show that ``count`` items of ``what`` have been handled, at most ten times a second."""
        now = time.monotonic()
        if self._live and now - self._last > 0.1:
            self._last = now
            _remark(f"\r\x1b[K{what}: {count:,}")

    def clear(self) -> None:
        """Take the line away."""
        if self._live:
            _remark("\r\x1b[K")
