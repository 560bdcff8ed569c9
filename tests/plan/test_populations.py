"""Of how many guards take their percentages, and what a plan notes of it for a later rollback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idcode.model.desired import DesiredObject, DesiredState, DirectoryView, GuardLimit, Wanted
from idcode.model.plans import AttributeChange, Plan, Population, Project, Why
from idcode.model.privileges import Privileges
from idcode.model.records import LiveObject
from idcode.model.schema import AttributeType, DirectorySchema
from idcode.model.values import Ref
from idcode.plan.build import Options, build_plan
from idcode.plan.drafts import Draft
from idcode.plan.encoding import change_key
from idcode.plan.guards import check

NOW = datetime(2026, 12, 8, tzinfo=UTC)


def deletions(count: int) -> list[Draft]:
    return [
        Draft("corp", "user", f"person:E{n}@corp/account", f"E{n}", f"a{n}", f"CN=E{n},DC=x", "delete", "delete", "s")
        for n in range(count)
    ]


def planned(state: DesiredState, live: dict[str, LiveObject], *, batch_size: int = 10, canary: int = 0) -> Plan:
    view = DirectoryView("corp", "ad", "DC=x", DirectorySchema([AttributeType("title")]), live)
    options = Options(NOW, NOW, "0", timedelta(days=1), batch_size=batch_size, canary=canary, min_population=10)
    return build_plan(state, {"corp": view}, {}, {}, lambda *_: Why(), Project("x", None, "d"), {}, {}, options)


@pytest.mark.parametrize(
    ("population", "count", "status"),
    [
        (Population(100), 1, "ok"),
        (Population(100), 2, "stopped"),
        (Population(5), 5, "ok"),  # below min_population percentages do not apply
        (None, 1, "stopped"),
    ],
)
def test_a_percentage_is_of_what_the_scope_holds(population: Population | None, count: int, status: str) -> None:
    known = {} if population is None else {"s": population}
    (result,), _ = check(
        [GuardLimit("delete", None, 1, "stop")], deletions(count), known, 10, (), lambda _: Privileges()
    )
    assert result.status == status


def test_without_a_percentage_an_unknown_number_does_not_matter() -> None:
    (result,), _ = check([GuardLimit("delete", 3, None, "stop")], deletions(3), {}, 10, (), lambda _: Privileges())
    assert result.status == "ok"


def test_a_plan_notes_what_every_scope_holds_also_where_no_guard_counted() -> None:
    group = LiveObject("0b", "CN=team,DC=x", "group", {"member": (Ref("CN=a,DC=x"), Ref("CN=b,DC=x"))})
    state = DesiredState(populations={"corp/account": 980, "corp/groups": 1})
    state.objects = [
        DesiredObject("group:team@corp", "corp", "group", "team", "corp/groups", group),
        DesiredObject("person:E1@corp/new", "corp", "user", "E1", "corp/new", None, shadow=True),
    ]
    assert planned(state, {"0b": group}).populations == {
        "corp/account": Population(980),
        "corp/groups": Population(1, 2),
        "corp/new": Population(0),
    }


def test_batches_hold_an_object_once_and_the_first_of_each_phase_is_small() -> None:
    live = {f"a{n}": LiveObject(f"a{n}", f"CN=E{n},DC=x", "user", {}, enabled=True) for n in range(8)}
    state = DesiredState()
    for anchor, item in live.items():
        wanted = DesiredObject(f"person:{anchor}@corp/r", "corp", "user", anchor, "corp/r", item, enabled=False)
        wanted.attributes["title"] = Wanted(("x",))
        state.objects.append(wanted)
    plan = planned(state, live, batch_size=5, canary=2)
    assert [(batch.phase, len(batch.changes)) for batch in plan.batches] == [
        ("disable", 2), ("disable", 5), ("disable", 1), ("update", 2), ("update", 5), ("update", 1),
    ]  # fmt: skip


def mark(text: str) -> str:
    return change_key("corp", "person:E1@corp/account", "update", {"info": AttributeChange(after=(text,))})


def test_the_mark_of_a_missing_person_is_the_same_change_whenever_it_is_planned() -> None:
    assert mark("idcode:missing-since=2026-12-01T08:00:00Z") == mark("idcode:missing-since=2026-12-02T08:00:00Z")
    assert mark("idcode:missing-since=2026-12-01T08:00:00Z") != mark("")
    assert mark("a note, idcode:missing-since=1") != mark("a note, idcode:missing-since=2")
