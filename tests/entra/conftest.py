"""Tenants that are closed after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.entra.estate import Estate


@pytest.fixture
def estate() -> Iterator[Callable[..., Estate]]:
    """Return a function that makes a tenant."""
    made: list[Estate] = []

    def make(*args: Any, **kwargs: Any) -> Estate:
        made.append(Estate(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()
