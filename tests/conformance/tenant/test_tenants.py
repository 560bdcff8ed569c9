"""The suite of cases for Entra tenants: the pages of ``cases/``, in process and over HTTPS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.book import Case, all_cases
from tests.conformance.company import play
from tests.conformance.expectation import Expectation
from tests.conformance.tenant.company import TenantCompany
from tests.conformance.tenant.servers import TenantServer

CASES = all_cases(Path(__file__).with_name("cases"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case(
    case: Case,
    tenant: TenantServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    play(TenantCompany(case, tenant, tmp_path / "repository", capsys), Expectation(case, tenant.name))


def test_the_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names) >= 40
