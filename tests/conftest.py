"""Fixtures for tests against a real Samba AD domain and PostgreSQL; they skip, saying why, where there can be none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

# Fixtures that judge what passes between a practice tenant and its clients, in every test.
from tests.graph.recording import _judged, bad_requests, graph_record  # noqa: F401
from tests.lab import Domain, SambaLab, available
from tests.lab.postgres import PostgresLab
from tests.lab.postgres import available as why_no_postgres

# How long an example takes says something about the machine, not about the code. Where CI is set, hypothesis has a
# profile of its own, which also takes the same examples every time.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if not os.environ.get("CI"):
    settings.load_profile("here")


@dataclass
class _Running:
    lab: SambaLab
    domain: Domain
    pristine: bool = True


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Running]:
    """One controller per test process; workers of pytest-xdist look for an address from different ends."""
    reason = available()
    if reason:
        pytest.skip(f"no Samba AD: {reason}")
    worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or "0"
    lab = SambaLab(tmp_path_factory.mktemp("samba") / "dc", first_ip=30 + 10 * (int(worker) % 20))
    try:
        yield _Running(lab, lab.start())
    finally:
        lab.discard()


@pytest.fixture
def domain(_running: _Running) -> Domain:
    """A running domain as fresh as after provisioning."""
    if not _running.pristine:
        _running.lab.reset(_running.domain)
    _running.pristine = False
    return _running.domain


@pytest.fixture
def samba(_running: _Running, domain: Domain) -> SambaLab:
    """The controller behind ``domain``, for tests that stop it."""
    return _running.lab


@pytest.fixture
def admin(domain: Domain) -> Iterator[object]:
    """The administrator's own ldap3 connection, independent of idcode."""
    connection = domain.connect()
    yield connection
    connection.unbind()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresLab]:
    """One PostgreSQL server per test process; who stops it starts it again."""
    reason = why_no_postgres()
    if reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    lab = PostgresLab()
    try:
        lab.start()
        yield lab
    finally:
        lab.discard()
