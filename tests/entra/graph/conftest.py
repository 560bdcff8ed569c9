"""Clients that are closed after the test, whatever happens in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from idcode.directories.entra.graph.client import GraphClient
from tests.entra.graph.service import client


@pytest.fixture
def connect() -> Iterator[Callable[..., GraphClient]]:
    """Return a function that makes a client in front of a scripted service."""
    made: list[GraphClient] = []

    def make(*args: Any, **kwargs: Any) -> GraphClient:
        made.append(client(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()
