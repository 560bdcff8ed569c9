"""One company on one domain for all of these tests: making it takes longer than putting its morning back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.rough import RoughStage, Tally
from tests.faults.scene import living


@pytest.fixture(scope="session")
def _prepared(_running: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoughStage]:
    """The stage, and how its day ends if nothing disturbs it. Later tests find the domain used."""
    lab, domain = _running.lab, _running.domain
    lab.reset(domain)
    _running.pristine = False
    with living({"LAB_USER": domain.user, "LAB_PASSWORD": domain.password}) as lives:
        stage = RoughStage(lab, domain, tmp_path_factory.mktemp("rough"), lives)
        stage.prepare()
        stage.pass_undisturbed()
        yield stage


@pytest.fixture
def stage(_prepared: RoughStage) -> RoughStage:
    """The company on the morning of its day."""
    _prepared.morning()
    _prepared.tally = Tally()
    return _prepared
