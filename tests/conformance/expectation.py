"""What the pages expect, compared with what was found, or written down from it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tests.conformance.book import Case, write_text

UPDATE = bool(os.environ.get("CONFORMANCE_UPDATE"))


class Expectation:
    """The texts of a case, as far as they hold for one server."""

    def __init__(self, case: Case, server: str) -> None:
        self._case, self._server = case, server

    def text(self, title: str, found: Sequence[str]) -> None:
        """Compare a text; a page that has none expects nothing. Where pages are written, write it instead."""
        case, own = self._case, f"{title} on {self._server}"
        expected = list(case.text(title, self._server) or ())
        if UPDATE and expected != list(found):
            write_text(case, own if case.text(own, "") is not None else title, list(found))
            return
        assert list(found) == expected, f"{title}:\n" + "\n".join(found)
