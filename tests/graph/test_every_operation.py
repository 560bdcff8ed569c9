"""The table of permissions has the requests that idcode's client sends, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idcode.directories.entra import permissions
from idcode.model.plans import AttributeChange
from idcode.model.records import ObjectType, Query, collect
from idcode.model.values import Ref
from tests.entra.estate import DOMAIN, Estate, Sink, carry_out, change, delta, number, person, to
from tests.entra.test_reading import APP, APP_ROLE, HELPDESK, application
from tests.graph.recording import Record
from tests.graph.schema import ABSENT, AVAILABLE

pytestmark = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)

ADA, GRETA, CID, GROUP, OTHER, TEAM = (number(n) for n in (1, 2, 3, 5100, 5101, 5102))
NEW = {"displayName": to("Ida Dorsch"), "enabled": to(True)}


@pytest.fixture
def estate() -> Iterator[Estate]:
    people = [person(1, "ada.brisling", onPremisesSyncEnabled=True), person(2, "greta.hummer", usageLocation="SE")]
    synced = {"id": OTHER, "displayName": "sg-other", "onPremisesSyncEnabled": True}
    made = Estate(
        [*people, person(3, "cid.dorsch")],
        [
            {"id": GROUP, "displayName": "sg-one"},
            synced,
            {"id": TEAM, "displayName": "team", "groupTypes": ["Unified"]},
        ],
        [("owners", GROUP, ADA), ("owners", GROUP, GRETA), ("members", GROUP, CID)],
        others=[application()],
    )
    yield made
    made.close()


def _read(estate: Estate, cache: Path) -> None:
    """Read what rules may use, also what Graph shows of single objects only; then what a cache can keep."""
    directory = estate.directory(cache)
    directory.fingerprint()
    everything: dict[ObjectType, frozenset[str]] = {
        "user": frozenset({"manager", "isCloudManaged", "licences", "aboutMe"}),
        "group": frozenset({"members", "owners", "isCloudManaged", "autoSubscribeNewMembers"}),
        "administrative_unit": frozenset({"members", "isMemberManagementRestricted"}),
        "role_assignment": frozenset({"members"}),
        "app_role_assignment": frozenset({"members"}),
    }
    collect(directory.read(Query(everything, ())))
    collect(directory.read(Query({"user": frozenset({"department"}), "group": frozenset({"members"})}, ())))


def _write_users(estate: Estate) -> None:
    directory, sink = estate.directory(), Sink()
    born = {**NEW, "userPrincipalName": to(f"ida.dorsch@{DOMAIN}"), "manager": to(Ref(GRETA))}
    carry_out(directory, change("create", born, name=f"ida.dorsch@{DOMAIN}", password=True), sink=sink)
    passes = estate.directory(first_sign_in="temporary-access-pass")
    born = {**NEW, "userPrincipalName": to(f"lo.dorsch@{DOMAIN}")}
    carry_out(passes, change("create", born, name=f"lo.dorsch@{DOMAIN}", password=True), sink=sink)
    guest = {**NEW, "userType": to("Guest"), "mail": to("ida@fabrikam.example")}
    carry_out(directory, change("create", guest, name="ida@fabrikam.example"))
    carry_out(directory, change("update", {"manager": AttributeChange((Ref(GRETA),), ())}, anchor=CID))
    carry_out(directory, change("update", {"licences": to("SPE_E5")}, anchor=GRETA))
    carry_out(directory, change("update", {"isCloudManaged": to(True)}, anchor=ADA))
    carry_out(directory, change("delete", anchor=CID))
    carry_out(estate.directory(), change("restore", {"enabled": to(True)}, anchor=CID, number=2))
    directory.fetch([CID, GRETA, number(77)], ["*"])


def _write_groups(estate: Estate) -> None:
    directory = estate.directory()
    group = {"displayName": to("sg-two"), "uniqueName": to("sg-two"), "members": to(Ref(GRETA))}
    carry_out(directory, change("create", group, kind="group", name="sg-two"))
    members = {"members": delta([ADA], [CID]), "owners": delta([CID], [ADA]), "licences": to("SPE_E5")}
    carry_out(directory, change("update", members, kind="group", anchor=GROUP))
    carry_out(directory, change("update", {"isCloudManaged": to(True)}, kind="group", anchor=OTHER))
    carry_out(directory, change("delete", kind="group", anchor=OTHER, number=2))
    carry_out(estate.directory(), change("create", group, kind="group", name="sg-two"))


def _write_the_rest(estate: Estate) -> None:
    directory = estate.directory()
    unit = {"displayName": to("oslo"), "members": to(Ref(ADA))}
    made = carry_out(directory, change("create", unit, kind="administrative_unit", name="oslo"))
    anchor = made["c1.1"].anchor
    members = {"members": delta([GRETA], [ADA]), "description": to("Oslo")}
    update = change("update", members, kind="administrative_unit", anchor=anchor)
    carry_out(directory, update)
    for write in directory.lower(update, {}):  # as if its answer had not come
        directory.settle(write)
    collect(directory.read(Query({"administrative_unit": frozenset({"members"})}, ())))
    carry_out(directory, change("delete", kind="administrative_unit", anchor=anchor))
    for kind, place in (("role_assignment", f"{HELPDESK}@/"), ("app_role_assignment", f"{APP}@{APP_ROLE}")):
        carry_out(directory, change("update", {"members": delta([ADA])}, kind=kind, anchor=place))
        carry_out(directory, change("update", {"members": delta([], [ADA])}, kind=kind, anchor=place))


def test_every_row_is_a_request_that_is_sent_and_every_request_has_a_row(
    estate: Estate, graph_record: Record, tmp_path: Path
) -> None:
    _read(estate, tmp_path / "listings.db")
    _write_users(estate)
    _write_groups(estate)
    _write_the_rest(estate)
    _read(estate, tmp_path / "listings.db")
    sent = {permissions.find(method, path) for (method, _), path in graph_record.operations.items()}
    assert None not in sent
    requests = {(one.method, one.path) for one in sent if one is not None}
    rows = {(one.method, one.path) for one in permissions.operations()}
    assert rows - requests == set()
