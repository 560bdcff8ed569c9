"""Changes, secrets and directories for the tests of the AD adapter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.settings import AdSettings
from idcode.model import dn
from idcode.model.errors import IdcodeError
from idcode.model.plans import AttributeChange, Change, Expect, Op, Target
from idcode.model.records import LiveObject, ObjectType, Query
from idcode.model.values import Scalar
from idcode.model.writes import Outcome
from tests.lab import Domain

PASSWORD = "Kp7-tandem-Quartz-41"


class Sink:
    """Hands out one password and keeps what was delivered; ``broken`` refuses to take any."""

    def __init__(self, broken: bool = False, password: str = PASSWORD) -> None:
        self.broken = broken
        self.password = password
        self.delivered: list[tuple[dict[str, str], str]] = []

    def new_password(self) -> str:
        return self.password

    def deliver(self, account: Mapping[str, str], password: str) -> None:
        if self.broken:
            raise IdcodeError(f"the vault did not take {password}")
        self.delivered.append((dict(account), password))


def settings(domain: Domain, **overrides: Any) -> AdSettings:
    data: dict[str, Any] = {
        "type": "ad",
        "servers": domain.servers,
        "base_dn": domain.base_dn,
        "bind": {"method": "simple", "user": domain.user, "password": domain.password},
        "tls": {"ca_file": domain.ca_file, "server_name": domain.server_name},
    }
    return AdSettings.model_validate({**data, **overrides})


def directory(domain: Domain, **overrides: Any) -> AdDirectory:
    return AdDirectory("corp", settings(domain, **overrides), Path("/"))


def sets(*values: Scalar, before: tuple[Scalar, ...] = ()) -> AttributeChange:
    return AttributeChange(before=before, after=values, single=len(values) <= 1)


def delta(add: tuple[Scalar, ...] = (), remove: tuple[Scalar, ...] = ()) -> AttributeChange:
    return AttributeChange(add=add, remove=remove, delta=True, single=False)


def change(
    op: Op,
    name: str,
    attributes: Mapping[str, AttributeChange] | None = None,
    *,
    anchor: str | None = None,
    object_type: ObjectType = "user",
    new_dn: str | None = None,
    password: bool = False,
    expect: Expect | None = None,
    id: str = "c1",  # noqa: A002
) -> Change:
    return Change(
        id=id,
        key="sha256:0",
        directory="corp",
        object_type=object_type,
        address="person:E1@corp/account",
        object=Target(anchor, name, "Ada Brisling"),
        op=op,
        phase="update",
        attributes=attributes or {},
        expect=expect or Expect(),
        new_dn=new_dn or (name if op == "create" else None),
        password=password,
    )


def apply(
    corp: AdDirectory, *changes: Change, sink: Sink | None = None, anchors: Mapping[str, str] | None = None
) -> list[Outcome]:
    writes = [corp.lower(item, anchors or {}) for item in changes]
    return list(corp.write(writes, sink or Sink()))


def done(outcomes: list[Outcome]) -> list[Outcome]:
    assert [outcome for outcome in outcomes if outcome.status != "done"] == []
    return outcomes


def user(domain: Domain, name: str, **attributes: AttributeChange) -> Change:
    """A plain creation of a user called ``name`` in CN=Users."""
    short = "".join(c for c in name.lower() if c.isascii() and c.isalnum())[:20] or "x"
    given = {"sAMAccountName": sets(short), **attributes}
    return change("create", dn.child(f"CN=Users,{domain.base_dn}", "CN", name), given)


def ou(domain: Domain, name: str, **attributes: AttributeChange) -> Change:
    return change("create", dn.child(domain.base_dn, "OU", name), attributes, object_type="ou")


def group(domain: Domain, name: str, **attributes: AttributeChange) -> Change:
    given = {"sAMAccountName": sets(name), **attributes}
    return change("create", dn.child(f"CN=Users,{domain.base_dn}", "CN", name), given, object_type="group")


def create(corp: AdDirectory, item: Change) -> str:
    """Carry out a creation and return the new object's anchor."""
    anchor = done(apply(corp, item))[0].anchor
    assert anchor
    return anchor


def live(corp: AdDirectory, anchor: str, *attributes: str) -> LiveObject:
    return corp.fetch([anchor], attributes)[anchor]


def entry(admin: Any, name: str, *attributes: str) -> dict[str, list[bytes]]:
    """Read one object with the administrator's own connection; ``{}`` where it is not there."""
    admin.search(name, "(objectClass=*)", "BASE", attributes=list(attributes) or ["*"])
    found = [item for item in admin.response if item["type"] == "searchResEntry"]
    return dict(found[0]["raw_attributes"]) if found else {}


EVERYTHING = Query(
    {
        "user": frozenset({"cn", "sAMAccountName", "title", "mail", "description", "userPrincipalName"}),
        "group": frozenset({"cn", "sAMAccountName", "member", "description", "category", "scope"}),
        "ou": frozenset({"ou", "description", "protected"}),
    }
)
