"""The adapter under test, closed however a test ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.lab import Domain

if TYPE_CHECKING:
    from idcode.directories.ad.directory import AdDirectory


@pytest.fixture
def corp(domain: Domain) -> Iterator[AdDirectory]:
    """The domain through the adapter, as the administrator."""
    # Not at the top: ldap3 must not be imported before the suite has told which of its warnings are known.
    from tests.ad.support import directory

    opened = directory(domain)
    yield opened
    opened.close()
