"""Groups with more members than one request takes, and the weather that cases go through over HTTPS."""

from __future__ import annotations

from pathlib import Path

import pytest

from idcode.directories.sandbox.tenant.exchange import Request
from tests.conformance.book import Block, Case, read_page
from tests.conformance.company import play
from tests.conformance.expectation import Expectation
from tests.conformance.tenant.company import TenantCompany
from tests.conformance.tenant.seeding import seed
from tests.conformance.tenant.servers import Served, TenantServer, served

CASES = Path(__file__).with_name("cases")
GROUP = """directory: cloud
groups: [{name: everyone, members: {mode: exact, match: 'IsPresent([name])'}}]
"""


def crowd(there: int, new: int, leaving: int) -> Case:
    """Return a case: a group gets ``there`` people whom the tenant has and ``new`` ones; ``leaving`` others go."""
    names = [f"{number:02}" for number in range(there + new)]
    known, coming = names[:there], names[there:]
    users = [f"user p{n}@contoso.com | displayName=P{n} | employeeId=E{n} | mailNickname=P{n}" for n in names]
    others = [f"x{number:02}@contoso.com" for number in range(leaving)]
    strangers = [f"user {name}" for name in others]
    update = "update group:everyone@cloud: members "
    created = [
        f"create person:E{n}@cloud/user with a password: displayName=P{n}, employeeId=E{n}, enabled=yes, "
        f"mailNickname=P{n}, userPrincipalName=p{n}@contoso.com"
        for n in coming
    ]
    added = [*(f"+p{n}@contoso.com" for n in known), *(f"+person:E{n}@cloud/user" for n in coming)]
    texts = {
        "hr.csv": ["EmployeeID;Name", *(f"E{n};P{n}" for n in names)],
        "objects/groups.yaml": GROUP.splitlines(),
        "start": [*users[:there], *strangers, " | ".join(["group everyone", *(f"members={name}" for name in others)])],
        "plan": [
            *([update + " ".join(f"-{name}" for name in others)] if others else []),
            *created,
            update + " ".join(added),
        ],
        "handed over": [f"person:E{n}@cloud/user as p{n}@contoso.com" for n in coming],
        "after": [
            *users,
            *strangers,
            " | ".join(["group everyone", *(f"members=p{n}@contoso.com" for n in names)]),
        ],
    }
    blocks = tuple(Block("text", title, tuple(lines)) for title, lines in texts.items())
    common, _ = read_page(CASES / "README.md")
    return Case(CASES / "README.md", f"{there} and {new} come, {leaving} go", {}, blocks, common)


@pytest.mark.parametrize("case", [crowd(21, 0, 0), crowd(45, 0, 22), crowd(3, 41, 3)], ids=str)
def test_any_number_of_members_comes_and_goes(
    case: Case,
    tenant: TenantServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    play(TenantCompany(case, tenant, tmp_path / "repository", capsys), Expectation(case, tenant.name))
    if isinstance(tenant, Served) and "41" in case.name:
        assert tenant.traffic.statuses[429], "the quota was never reached"


def test_over_https_whatever_is_written_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path, monkeypatch) as tenant:
        seed(tenant.hands, ["user ada@contoso.com"])
        late = Request("GET", "/users/ada@contoso.com")
        assert tenant.traffic.handle(late).status == 404
        tenant.settle()
        assert tenant.traffic.handle(late).status == 200
