"""Ctrl-C or SIGTERM during an apply: the first one lets the writes in flight end, a second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def graceful() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether the user asked to stop.

    A pipeline that is cancelled sends SIGTERM, a terminal that is closed SIGHUP: they ask for the same as Ctrl-C. A
    signal that is ignored (``nohup``) stays ignored. Outside the main thread, where Python delivers no signals, the
    function always says no.
    """
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for number in before:
        signal.signal(number, ask)
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
