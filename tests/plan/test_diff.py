"""The difference between what is there and what should be: nothing too much, nothing too little, in phases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from idcode.model import dn
from idcode.model.desired import DesiredObject, DesiredState, DirectoryView, Wanted
from idcode.model.plans import Plan, Project
from idcode.model.syntax import same
from idcode.model.values import Ref, Scalar
from idcode.plan.build import Options, build_plan
from tests.sync.lines import lines
from tests.sync.memory import BASE, SCHEMA, MemoryDirectory, place, read_objects

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ADA = "ou People\nou Away\nuser People/Ada"


def wanted(corp: MemoryDirectory, anchor: str, **fields: Any) -> DesiredObject:
    """An object as it should be, recognised by its anchor."""
    live = corp.objects[anchor]
    name = f"{live.object_type}:{anchor}@corp"
    return DesiredObject(name, "corp", live.object_type, anchor, "corp/account", live, **fields)


def plan_for(corp: MemoryDirectory, *objects: DesiredObject) -> Plan:
    view = DirectoryView("corp", "ad", BASE, SCHEMA, corp.objects)
    options = Options(NOW, NOW, "test", timedelta(days=1), batch_size=50, canary=0, min_population=10)
    about = Project("contoso", None, "sha256:0", ())
    state = DesiredState(objects=list(objects))
    return build_plan(state, {"corp": view}, {}, {}, lambda *_: None, about, {}, {}, options)


def planned(live: str, anchor: str = "ada", **fields: Any) -> list[str]:
    """Return the plan for one object of a directory as text, after seeing that it can be carried out."""
    corp = MemoryDirectory(read_objects(live))
    plan = plan_for(corp, wanted(corp, anchor, **fields))
    corp.apply(plan)
    return lines(plan)


def test_an_object_that_is_as_it_should_be_is_left_alone() -> None:
    same_values = {"title": Wanted(("BOSS",)), "carLicense": Wanted(("X2", "x1")), "info": Wanted(())}

    assert planned(f"{ADA} | title=Boss | carLicense=X1 | carLicense=X2 | mail=a@x", attributes=same_values) == []


def test_letter_case_counts_where_the_rule_says_exact() -> None:
    assert planned(f"{ADA} | title=boss", attributes={"title": Wanted(("Boss",), exact=True)}) == [
        "update user:ada@corp: title: boss → Boss"
    ]


def test_an_empty_value_clears_and_an_unnamed_attribute_stays() -> None:
    assert planned(f"{ADA} | title=Boss | info=x", attributes={"title": Wanted(())}) == [
        "update user:ada@corp: title: Boss → nothing"
    ]


def test_values_that_are_there_are_not_added_and_those_that_are_not_there_are_not_removed() -> None:
    delta = Wanted(add=("x1", "X3"), remove=("x2", "X9"), delta=True)

    assert planned(f"{ADA} | carLicense=X1 | carLicense=X2", attributes={"carLicense": delta}) == [
        "update user:ada@corp: carLicense +X3 -x2"
    ]


def test_shadow_values_are_shown_and_not_written() -> None:
    assert planned(f"{ADA} | title=Clerk", attributes={"title": Wanted(("Boss",), shadow=True)}) == [
        "shadow user:ada@corp: title: Clerk → Boss"
    ]


def test_a_shadow_object_is_shown_and_not_written() -> None:
    fields: dict[str, Any] = {
        "attributes": {"title": Wanted(("Boss",))},
        "enabled": False,
        "parent": place("Away", "ou"),
    }

    assert planned(ADA, shadow=True, **fields) == ["shadow user:ada@corp: title=Boss"]


def test_a_new_name_and_a_new_place_are_one_move() -> None:
    assert planned(ADA, name="Ada Two", parent=place("Away", "ou")) == [
        "move user:ada@corp: cn: Ada → Ada Two, path: People → Away"
    ]


def test_the_same_place_in_another_spelling_is_no_move() -> None:
    assert planned(ADA, name="Ada", parent=f"ou=people, {BASE.lower()}") == []


def test_access_is_taken_first_and_given_last() -> None:
    fields: dict[str, Any] = {"attributes": {"title": Wanted(("Boss",))}, "parent": place("Away", "ou"), "name": "Ada"}
    disabled = [line.split()[0] for line in planned(ADA, enabled=False, **fields)]
    enabled = [line.split()[0] for line in planned(f"{ADA} | disabled-by-idcode", enabled=True, **fields)]

    assert disabled == ["disable", "update", "move"]
    assert enabled == ["update", "move", "enable"]


def test_a_reference_by_anchor_is_the_same_as_by_name() -> None:
    live = f"{ADA} | manager=People/Berit\nuser People/Berit"

    assert planned(live, attributes={"manager": Wanted((Ref("berit"),))}) == []


def test_a_member_outside_what_was_read_is_taken_out_by_its_name() -> None:
    live = "ou Groups\ngroup Groups/team | member=Elsewhere/Svc"

    assert planned(live, "team", attributes={"member": Wanted(remove=(Ref(place("Elsewhere/Svc")),), delta=True)}) == [
        f"update group:team@corp: member -{place('Elsewhere/Svc')}"
    ]


def test_a_member_who_gains_another_group_leaves_the_old_one_after_that() -> None:
    corp = MemoryDirectory(
        read_objects(
            f"{ADA}\nuser People/Berit\ngroup Away/old | member=People/Ada | member=People/Berit\ngroup Away/new"
        )
    )
    lost = Wanted(remove=(Ref("ada"), Ref("berit")), delta=True)
    old = wanted(corp, "old", attributes={"member": lost}, movers=frozenset({Ref("ada")}))
    new = wanted(corp, "new", attributes={"member": Wanted(add=(Ref("ada"),), delta=True)})

    assert lines(plan_for(corp, old, new)) == [
        "update group:old@corp: member -berit",
        "update group:new@corp: member +ada",
        "update group:old@corp: member -ada",
    ]


def test_a_value_is_released_before_it_is_taken() -> None:
    corp = MemoryDirectory(read_objects(f"{ADA} | sAMAccountName=a\nuser People/Berit | sAMAccountName=b"))
    ada = wanted(corp, "ada", attributes={"sAMAccountName": Wanted(("b",))})
    berit = wanted(corp, "berit", attributes={"sAMAccountName": Wanted(("c",))})
    plan = plan_for(corp, ada, berit)

    corp.apply(plan)

    assert [change.address for change in plan.changes] == ["user:berit@corp", "user:ada@corp"]


def test_a_place_is_left_before_it_is_taken() -> None:
    corp = MemoryDirectory(read_objects(f"{ADA}\nuser People/Berit"))
    plan = plan_for(corp, wanted(corp, "ada", name="Berit"), wanted(corp, "berit", parent=place("Away", "ou")))

    corp.apply(plan)

    assert [change.address for change in plan.changes] == ["user:berit@corp", "user:ada@corp"]


def test_a_change_relies_on_what_it_replaces_and_on_what_the_object_was_recognised_by() -> None:
    corp = MemoryDirectory(read_objects(f"{ADA} | title=Clerk | employeeID=E1"))
    ada = wanted(corp, "ada", attributes={"title": Wanted(("Boss",))}, relied={"employeeID": ("E1",)})

    (change,) = plan_for(corp, ada).changes

    assert change.expect.attributes == {"title": ("Clerk",), "employeeID": ("E1",)}
    assert dn.key(change.expect.dn or "") == dn.key(place("People/Ada"))


def test_what_an_object_is_recognised_by_may_itself_change() -> None:
    corp = MemoryDirectory(read_objects(f"{ADA} | employeeID=E1"))
    ada = wanted(corp, "ada", attributes={"employeeID": Wanted(("E2",))}, relied={"employeeID": ("E1",)})

    (change,) = plan_for(corp, ada).changes

    assert change.expect.attributes == {"employeeID": ("E1",)}


TITLES = st.sampled_from(["", "Boss", "boss", "Clerk", "Straße", "Strasse"])
CARS = st.lists(st.sampled_from(["X1", "x1", "X2", "X3"]), unique_by=str.lower)


@given(
    TITLES, CARS, TITLES, CARS, st.sampled_from(["Ada", "Ada, the first", "Åda"]), st.sampled_from(["People", "Away"])
)
@settings(deadline=None)
def test_carrying_out_the_difference_gives_what_was_wanted_and_nothing_remains(
    title: str, cars: list[str], new_title: str, new_cars: list[str], name: str, where: str
) -> None:
    words = [ADA, f"title={title}" if title else "", *(f"carLicense={car}" for car in cars)]
    corp = MemoryDirectory(read_objects(" | ".join(word for word in words if word)))
    target: dict[str, tuple[Scalar, ...]] = {"title": (new_title,) if new_title else (), "carLicense": tuple(new_cars)}
    fields: dict[str, Any] = {
        "name": name,
        "parent": place(where, "ou"),
        "attributes": {n: Wanted(v) for n, v in target.items()},
    }

    corp.apply(plan_for(corp, wanted(corp, "ada", **fields)))

    assert all(same(corp.objects["ada"].get(n), values, SCHEMA.kind(n)) for n, values in target.items())
    assert dn.key(corp.objects["ada"].dn) == dn.key(place(f"{where}/{name}"))
    assert not plan_for(corp, wanted(corp, "ada", **fields)).changes
