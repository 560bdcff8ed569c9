"""The official examples as requests with replies, placeholders filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import cycle, repeat
from typing import Any

from tests.graph.contradictions import CONTRADICTIONS
from tests.graph.official import check_reply, check_request, split
from tests.graph.schema import AVAILABLE, examples

# Values of keys stand in braces or angle brackets in many examples.
_PLACEHOLDER = re.compile(r"\{[^}]*\}|<[^>]*>")
_SOME_IDS = ("6f1d2c3b-0a4e-4b5d-9c8e-7a6b5c4d3e2f", "0e5a7f7c-2f5b-4c58-8a3e-5d3b9c1a7e60")


@dataclass(frozen=True, slots=True)
class Sample:
    """An official example; ``title`` is its request as printed."""

    title: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    body: Any

    def problems(self) -> list[str]:
        """Return what the metadata finds wrong with it; bodies of requests are not published."""
        found = check_reply(self.method, self.path, self.status, self.body, self.query, shortened=True)
        if self.method == "GET":
            found += check_request(self.method, self.path, self.query, None, None)
        return found


def samples() -> list[Sample]:
    """All examples; none where the metadata is absent."""
    found = []
    for example in examples() if AVAILABLE else []:
        path, query = split(_filled_in(example["url"]))
        title = f"{example['method']} {example['url']}"
        found.append(Sample(title, example["method"], path, query, example["status"], example.get("body")))
    return found


def _filled_in(url: str) -> str:
    keys = repeat("contoso.com") if url.startswith("/domains") else cycle(_SOME_IDS)
    return _PLACEHOLDER.sub(lambda _: next(keys), url)


def sound() -> list[Sample]:
    """The examples that do not contradict the metadata."""
    return [sample for sample in samples() if sample.title not in CONTRADICTIONS]
