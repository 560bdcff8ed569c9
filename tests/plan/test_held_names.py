"""What a plan holds back reads without the directory, like what it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idcode.model.desired import DesiredObject, DesiredState, DirectoryView, Hold, Wanted
from idcode.model.plans import Project, Reference, Why
from idcode.model.records import LiveObject
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.values import Ref
from idcode.plan.build import Options, build_plan

NOW = datetime(2026, 12, 8, tzinfo=UTC)
ADA = LiveObject("0a", "CN=Ada,DC=corp", "user", {}, enabled=True)
TEAM = LiveObject("0b", "CN=team,DC=corp", "group", {"member": (Ref("CN=Ada,DC=corp"),)})


def test_a_membership_that_a_hold_keeps_is_shown_with_the_members_name() -> None:
    state = DesiredState()
    state.objects = [
        DesiredObject("person:E1@corp/account", "corp", "user", "Ada Brisling", "corp/account", ADA),
        DesiredObject(
            "group:team@corp",
            "corp",
            "group",
            "team",
            "corp/groups",
            TEAM,
            attributes={"member": Wanted(remove=(Ref("0a"),), delta=True)},
        ),
    ]
    schema = DirectorySchema([AttributeType("member", Kind.REFERENCE, single=False)])
    view = DirectoryView("corp", "ad", "DC=corp", schema, {"0a": ADA, "0b": TEAM})
    options = Options(
        as_of=NOW,
        now=NOW,
        version="0",
        expires=timedelta(days=1),
        batch_size=10,
        canary=0,
        min_population=10,
        holds=(Hold("person:E1", frozenset({"release"}), None, "legal hold"),),
    )

    plan = build_plan(
        state, {"corp": view}, {}, {}, lambda *_: Why(), Project("x", None, "sha256:0", ()), {}, {}, options
    )

    assert plan.changes == ()
    (held,) = plan.held
    assert held.attributes["member"].remove == (Ref("0a"),)
    assert plan.references["0a"] == Reference("person:E1@corp/account", "CN=Ada,DC=corp", "Ada Brisling")
