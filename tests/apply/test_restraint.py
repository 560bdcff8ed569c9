"""A rollback does no harm that any other plan would be kept from: guards, holds and protected objects count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from idcode.apply.executor import apply_plan
from idcode.apply.restraint import Restraints
from idcode.apply.results import RunResult
from idcode.apply.rollback import plan_rollback
from idcode.model.desired import GuardLimit, Hold
from idcode.model.errors import StoreError
from idcode.model.plans import Change, Plan, Population
from idcode.model.privileges import Privileges
from idcode.model.records import LiveObject
from idcode.model.schema import DirectorySchema
from idcode.model.values import Ref
from idcode.plan.guards import PROTECTED
from idcode.store.store import Store
from tests.apply.builders import BASE, change, delta, plan, single
from tests.apply.conftest import Listener, Sink
from tests.apply.memory import MemoryDirectory
from tests.apply.test_executor import ADA_DN, ADA_ID, BOB_DN, BOB_ID, GROUP_ID, OPTIONS, enrol, estate, hire
from tests.apply.test_rollback import ROLLBACK

EVE = "person:Eve@corp/account"
ONE_PERCENT = GuardLimit("delete", None, 1, "stop")
Undo = Callable[..., Plan]


@pytest.fixture
def directory() -> MemoryDirectory:
    return estate()


@pytest.fixture
def apply(store: Store, sink: Sink, listener: Listener, directory: MemoryDirectory) -> Callable[[Plan], RunResult]:
    return lambda wanted: apply_plan(wanted, {"corp": directory}, store, sink, OPTIONS, listener)


@pytest.fixture
def inverse(store: Store, directory: MemoryDirectory, apply: Callable[[Plan], RunResult]) -> Undo:
    """Apply a plan and return the rollback of its run under some restraints."""

    def run(wanted: Plan, to_batch: int = 0, **restraints: Any) -> Plan:
        result = apply(wanted)
        assert result.status == "done", result.problems
        options = replace(ROLLBACK, to_batch=to_batch, restraints=Restraints(**restraints))
        return plan_rollback(result.run_id, store, {"corp": directory}, options)

    return run


def hires(*names: str) -> list[Change]:
    return [hire(f"c{n}", name, scope="corp/account") for n, name in enumerate(names, start=1)]


def hold(subject: str, *words: str, until: date | None = None) -> Hold:
    return Hold(subject, frozenset(words), until, "litigation")


def test_a_percentage_counts_the_people_that_the_run_itself_created(inverse: Undo) -> None:
    first_load = plan([hires(*"ABCDEFGHIJKL")], populations={"corp/account": Population(0)})
    undone = inverse(first_load, limits=(ONE_PERCENT,))
    (guard,) = undone.guards
    assert (guard.status, guard.count, guard.population) == ("stopped", 12, 12)


def test_a_percentage_of_a_population_that_is_large_enough_lets_the_rollback_pass(inverse: Undo) -> None:
    undone = inverse(plan([hires("A")], populations={"corp/account": Population(980)}), limits=(ONE_PERCENT,))
    assert [guard.status for guard in undone.guards] == ["ok"]
    assert undone.populations == {"corp/account": Population(981)}


def test_what_earlier_batches_created_and_keeps_counts_too(inverse: Undo) -> None:
    one, *others = hires(*"ABCDEFGHIJKL")
    wanted = plan([others, [one]], populations={"corp/account": Population(0)})
    undone = inverse(wanted, to_batch=1, limits=(GuardLimit("delete", None, 10, "stop"),))
    (guard,) = undone.guards
    assert (guard.status, guard.count, guard.population) == ("ok", 1, 12)


def test_a_percentage_of_an_unknown_number_is_always_exceeded(inverse: Undo) -> None:
    undone = inverse(plan([hires("A")]), limits=(ONE_PERCENT,))
    (guard,) = undone.guards
    assert guard.status == "stopped"
    assert "unknown number" in str(guard.message)


def test_a_percentage_of_memberships_counts_in_a_rollback(inverse: Undo) -> None:
    gain = enrol("c1", ADA_ID, scope="corp/groups")
    wanted = plan([[gain]], populations={"corp/groups": Population(1, 19)})
    undone = inverse(wanted, limits=(GuardLimit("membership_loss", None, 4, "stop"),))
    (guard,) = undone.guards
    assert (guard.status, guard.count, guard.population) == ("stopped", 1, 20)


def test_people_whose_deletion_a_guard_holds_keep_their_groups_and_their_container(inverse: Undo) -> None:
    container = change("c1", "create", "ou:New@corp", {"description": single(None, "x")}, dn=f"OU=New,{BASE}",
                       new_dn=f"OU=New,{BASE}", object_type="ou", phase="containers")  # fmt: skip
    people = [hire(f"c{n}", name, scope="corp/account", depends_on=("c1",)) for n, name in ((2, "Eve"), (3, "Max"))]
    both = enrol("c4", EVE, "person:Max@corp/account", ADA_ID, scope="corp/groups", depends_on=("c2", "c3"))
    undone = inverse(plan([[container], people, [both]]), limits=(GuardLimit("delete", 1, None, "hold"),))
    (left,) = undone.changes
    assert left.attributes["member"].remove == (Ref(ADA_ID),)
    reasons = {item.address: item.reason for item in undone.held}
    assert reasons[EVE] == "delete: held back by a guard"
    assert reasons["ou:New@corp"] == "delete: waits for what is held"
    assert "its member is not deleted" in reasons["group:sg@corp"]


def test_a_container_that_others_have_put_something_into_is_not_deleted(
    inverse: Undo, directory: MemoryDirectory, apply: Any, store: Store
) -> None:
    outer, inner = (
        change(id_, "create", f"ou:{id_}@corp", {"description": single(None, "x")}, dn=name, new_dn=name,
               object_type="ou", phase="containers", depends_on=needs)
        for id_, name, needs in (("c1", f"OU=New,{BASE}", ()), ("c2", f"OU=In,OU=New,{BASE}", ("c1",)))
    )  # fmt: skip
    run = apply(plan([[outer], [inner], [hire("c3")]]))
    theirs = LiveObject("00000000-0000-0000-0000-0000000000f1", f"CN=Printer,OU=In,OU=New,{BASE}", "other", {})
    directory.objects[theirs.anchor] = theirs
    undone = plan_rollback(run.run_id, store, {"corp": directory}, ROLLBACK)
    assert [item.address for item in undone.changes] == [EVE]
    assert {item.address for item in undone.held} == {"ou:c1@corp", "ou:c2@corp"}
    assert "Printer" in undone.held[0].reason
    assert apply(undone).status == "done"


def test_a_container_that_the_rollback_itself_empties_is_deleted(inverse: Undo) -> None:
    new = f"OU=New,{BASE}"
    container = change("c1", "create", "ou:New@corp", {"description": single(None, "x")}, dn=new, new_dn=new,
                       object_type="ou", phase="containers")  # fmt: skip
    moved = change("c2", "move", "person:E1@corp/account", {}, anchor=ADA_ID, dn=ADA_DN, new_dn=f"CN=Ada,{new}",
                   depends_on=("c1",))  # fmt: skip
    undone = inverse(plan([[container], [moved]]))
    assert ([item.op for item in undone.changes], undone.held) == (["move", "delete"], ())


def test_an_account_on_hold_since_its_creation_is_not_deleted_nor_what_it_lies_in(inverse: Undo) -> None:
    container = change("c1", "create", "ou:New@corp", {"description": single(None, "x")}, dn=f"OU=New,{BASE}",
                       new_dn=f"OU=New,{BASE}", object_type="ou", phase="containers")  # fmt: skip
    undone = inverse(
        plan([[container], [hire("c2", depends_on=("c1",)), hire("c3", "Max")]]), holds=(hold("person:Eve", "delete"),)
    )
    assert [item.address for item in undone.changes] == ["person:Max@corp/account"]
    reasons = {item.address: item.reason for item in undone.held}
    assert "on hold: litigation" in reasons[EVE]
    assert "waits for what is held" in reasons["ou:New@corp"]
    assert undone.summary["held"] == 2


@pytest.mark.parametrize("subject", ["person:E1", "person:E1@corp/account", f"corp/{ADA_ID}"])
def test_somebody_on_hold_keeps_the_memberships_that_the_run_gave_them(inverse: Undo, subject: str) -> None:
    swap = plan(
        [
            [change("c1", "update", "person:E1@corp/account", {"title": single("Engineer", "Lead")},
                    anchor=ADA_ID, dn=ADA_DN)],
            [enrol("c2", ADA_ID)],
        ]
    )  # fmt: skip
    undone = inverse(swap, holds=(hold(subject, "release"),))
    assert {item.address for item in undone.changes} == {"person:E1@corp/account"}
    (held,) = undone.held
    assert held.attributes["member"].remove == (Ref(ADA_ID),)


def test_a_group_loses_the_others_while_one_of_them_is_on_hold(inverse: Undo, store: Store) -> None:
    undone = inverse(plan([[hire("c1"), hire("c2", "Max")], [enrol("c3", EVE, "person:Max@corp/account")]]),
                     holds=(hold("person:Eve", "release"),))  # fmt: skip
    (loss,) = [item for item in undone.changes if item.op == "update"]
    max_id = next(anchor for anchor, item in undone.references.items() if item.address == "person:Max@corp/account")
    assert loss.attributes["member"].remove == (Ref(max_id),)


def test_a_hold_that_has_ended_holds_nothing(inverse: Undo) -> None:
    undone = inverse(plan([hires("Eve")]), holds=(hold("person:Eve", "delete", until=date(2020, 1, 1)),))
    assert [item.op for item in undone.changes] == ["delete"]


def test_the_rollback_of_a_rollback_knows_who_is_on_hold(
    inverse: Undo, apply: Any, store: Store, directory: MemoryDirectory
) -> None:
    bob = plan([[change("c1", "update", "group:sg@corp", {"member": delta((), [Ref(BOB_ID)])}, anchor=GROUP_ID,
                        dn=f"CN=sg,{BASE}", object_type="group", phase="release"),
                 change("c2", "update", "person:E2@corp/account", {"title": single("Engineer", "Lead")},
                        anchor=BOB_ID, dn=BOB_DN)]])  # fmt: skip
    back = apply(inverse(bob))
    options = replace(ROLLBACK, restraints=Restraints(holds=(hold("person:E2", "release"),)))
    again = plan_rollback(back.run_id, store, {"corp": directory}, options)
    assert [item.address for item in again.changes] == ["person:E2@corp/account"]


@dataclass
class Clerks:
    """Protects whoever is a clerk."""

    attributes: frozenset[str] = frozenset({"title"})

    def reason(self, live: LiveObject, schema: DirectorySchema) -> str | None:
        return "it is protected: a clerk" if live.get("title") == ("Clerk",) else None


def test_a_protected_object_is_not_touched_by_a_rollback(inverse: Undo) -> None:
    undone = inverse(plan([hires("Eve")]), protection=Clerks())
    assert undone.changes == ()
    assert undone.held[0].reason == "delete: it is protected: a clerk"


def test_who_became_an_administrator_since_is_not_deleted_by_a_rollback(
    inverse: Undo, directory: MemoryDirectory, apply: Any, store: Store
) -> None:
    run = apply(plan([hires("Eve")]))
    (eve,) = (anchor for anchor, live in directory.objects.items() if live.dn == f"CN=Eve,{BASE}")
    directory.power = Privileges({eve: "in Domain Admins"})
    options = replace(ROLLBACK, restraints=Restraints(limits=(PROTECTED,)))
    undone = plan_rollback(run.run_id, store, {"corp": directory}, options)
    assert undone.changes == ()
    assert "it is protected: in Domain Admins" in undone.held[0].reason


def test_what_a_run_made_somebody_an_administrator_by_is_taken_back(inverse: Undo, directory: MemoryDirectory) -> None:
    directory.power = Privileges({GROUP_ID: "in Domain Admins"})
    undone = inverse(plan([[enrol("c1", ADA_ID, scope="corp/groups")]]), limits=(PROTECTED,))
    assert [item.attributes["member"].remove for item in undone.changes] == [(Ref(ADA_ID),)]


def test_a_break_glass_account_is_not_touched_by_a_rollback(
    inverse: Undo, directory: MemoryDirectory, apply: Any, store: Store
) -> None:
    run = apply(plan([hires("Eve", "Max")]))
    (eve,) = (anchor for anchor, live in directory.objects.items() if live.dn == f"CN=Eve,{BASE}")
    named = {**directory.objects[eve].attributes, "userPrincipalName": ("glass@contoso.com",)}
    directory.objects[eve] = replace(directory.objects[eve], attributes=named)
    options = replace(ROLLBACK, restraints=Restraints(holds=(hold("corp/GLASS@contoso.com", "delete"),)))
    undone = plan_rollback(run.run_id, store, {"corp": directory}, options)
    assert [item.address for item in undone.changes] == ["person:Max@corp/account"]


def test_a_run_in_a_directory_that_left_the_files_cannot_be_rolled_back_and_says_so(apply: Any, store: Store) -> None:
    run = apply(plan([hires("Eve")]))
    assert store.directories_of(run.run_id) == {"corp"}
    with pytest.raises(StoreError, match="changed corp, which the files do not have any more"):
        plan_rollback(run.run_id, store, {}, ROLLBACK)
