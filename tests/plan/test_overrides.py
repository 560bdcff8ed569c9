"""Overrides name a guard and a number, and let no more pass than that; limits of a scope of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.model.desired import GuardLimit
from idcode.model.plans import Override, Plan, Population
from idcode.model.privileges import Privileges
from idcode.plan.drafts import Draft
from idcode.plan.guards import check
from tests.plan.test_guards import company, guard, rows
from tests.sync.lines import lines

SCOPES = ("corp/account", "corp/admin", "corp/groups", "cloud/user")
scopes = st.sampled_from(SCOPES)
places = st.sampled_from([None, "corp", "cloud", *SCOPES])
numbers = st.integers(0, 12)


def deletions(scope: str, count: int) -> list[Draft]:
    directory = scope.partition("/")[0]
    return [
        Draft(directory, "user", f"person:{scope}{n}", f"E{n}", f"{scope}{n}", f"CN={n}", "delete", "delete", scope)
        for n in range(count)
    ]


def passes(limits: Sequence[GuardLimit], counts: dict[str, int], overrides: Sequence[Override]) -> dict[str, int]:
    """Return by scope how many deletions beyond the limits would be carried out."""
    drafts = [draft for scope, count in counts.items() for draft in deletions(scope, count)]
    known = dict.fromkeys(SCOPES, Population(100))
    results, held = check(limits, drafts, known, 10, overrides, lambda _: Privileges())
    if any(result.status == "stopped" for result in results):
        return {}
    left = [draft for draft in drafts if draft not in held]
    over = {result.scope for result in results if result.status != "ok"}
    return {scope: sum(draft.scope == scope for draft in left) for scope in over}


@given(
    st.integers(0, 5),
    st.sampled_from(["stop", "hold"]),
    st.dictionaries(scopes, numbers),
    st.lists(st.builds(Override, st.sampled_from(["delete", "create"]), numbers, places), max_size=6),
)
def test_no_combination_lets_more_pass_than_what_was_named(
    limit: int, on_trip: Any, counts: dict[str, int], overrides: list[Override]
) -> None:
    passed = passes([GuardLimit("delete", limit, None, on_trip)], counts, overrides)

    mine = [override for override in overrides if override.guard == "delete"]
    for scope, count in passed.items():
        assert count <= max([o.max for o in mine if o.covers(scope)], default=0)
    for place in (None, "corp", "cloud"):
        # Whatever is about a place, or about something in it: each such word was said, and none counts twice.
        inside = Override("delete", 0, place)
        named = {o for o in mine if place is None or o.scope is None or inside.covers(o.scope)}
        assert sum(count for scope, count in passed.items() if inside.covers(scope)) <= sum(o.max for o in named)


@given(st.dictionaries(scopes, numbers), numbers)
def test_one_number_for_everything_is_shared_by_all_scopes(counts: dict[str, int], number: int) -> None:
    passed = passes([GuardLimit("delete", 0, None, "hold")], counts, [Override("delete", number)])

    assert sum(passed.values()) <= number


@given(st.dictionaries(scopes, numbers, min_size=1), numbers)
def test_what_a_stopped_plan_says_to_name_is_enough_and_one_less_is_not(counts: dict[str, int], limit: int) -> None:
    limits = [GuardLimit("delete", limit, None, "stop")]
    needed = sum(count for count in counts.values() if count > limit)
    if not needed:
        return
    drafts = [draft for scope, count in counts.items() for draft in deletions(scope, count)]
    results, _ = check(limits, drafts, {}, 10, (), lambda _: Privileges())
    messages = [result.message or "" for result in results if result.status == "stopped"]

    assert messages
    assert all(message.endswith(f"--allow delete={needed}") for message in messages)
    assert passes(limits, counts, [Override("delete", needed)])
    assert not passes(limits, counts, [Override("delete", needed - 1)])


def test_an_allowance_for_one_scope_counts_nowhere_else() -> None:
    limits = [GuardLimit("delete", 0, None, "hold")]
    passed = passes(limits, {"corp/account": 2, "corp/admin": 2}, [Override("delete", 5, "corp/account")])

    assert passed == {"corp/account": 2, "corp/admin": 0}


def test_what_a_narrow_allowance_covers_uses_up_nothing_of_a_wide_one() -> None:
    limits = [GuardLimit("delete", 0, None, "hold")]
    given = [Override("delete", 7), Override("delete", 8, "corp/account")]

    assert passes(limits, {"corp/account": 8, "cloud/user": 7}, given) == {"corp/account": 8, "cloud/user": 7}


def test_the_limit_of_a_scope_replaces_that_of_its_directory_which_replaces_the_general_one() -> None:
    limits = [
        GuardLimit("delete", 1, None, "hold"),
        GuardLimit("delete", 3, None, "hold", "corp"),
        GuardLimit("delete", 5, None, "hold", "corp/account"),
    ]
    drafts = [draft for scope in SCOPES for draft in deletions(scope, 4)]

    results, _ = check(limits, drafts, {}, 10, (), lambda _: Privileges())

    assert {result.scope: (result.limit, result.status) for result in results} == {
        "corp/account": (5, "ok"),
        "corp/admin": (3, "held"),
        "corp/groups": (3, "held"),
        "cloud/user": (1, "held"),
    }


def test_limits_of_scopes_stand_in_the_files(tmp_path: Path) -> None:
    guards = "{disable: {max: 9}, scopes: {corp/account: {disable: {max: 1}}, corp: {update: {max: 0}}}}"

    plan = company(tmp_path, guards, rows(2, state="off")).plan()

    assert (guard(plan, "disable").status, guard(plan, "disable").limit) == ("stopped", 1)
    assert guard(company(tmp_path / "b", guards, rows(1, title="Chief")).plan(), "update").status == "stopped"


def allowing(root: Path, *allowances: str, delete: int = 4) -> Plan:
    made = company(root, "{delete: {max: 1}}", rows(delete, state="gone"))
    made.write("decisions.yaml", "allowances:\n" + "".join(f"  - {{{text}}}\n" for text in allowances))
    made.load()
    return made.plan()


def test_an_allowance_lets_pass_for_a_while_and_with_a_reason(tmp_path: Path) -> None:
    plan = allowing(
        tmp_path, "guard: delete, scope: corp/account, max: 4, until: 2999-12-31, reason: the office closes"
    )

    assert not plan.stopped
    message = guard(plan, "delete").message or ""
    assert "an allowance of 4 in corp/account until 2999-12-31: the office closes" in message
    assert len([change for change in plan.changes if change.op == "delete"]) == 4


@pytest.mark.parametrize(
    "text",
    [
        "guard: delete, max: 3, until: 2999-12-31, reason: too few",
        "guard: disable, max: 9, until: 2999-12-31, reason: another guard",
        "guard: delete, scope: corp/groups, max: 9, until: 2999-12-31, reason: another scope",
        "guard: delete, max: 9, until: 2020-12-31, reason: over",
    ],
)
def test_an_allowance_lets_nothing_pass_that_it_is_not_about(text: str, tmp_path: Path) -> None:
    assert allowing(tmp_path, text).stopped


def test_allowances_do_not_add_up(tmp_path: Path) -> None:
    half = "guard: delete, max: 2, until: 2999-12-31, reason: half of it"

    assert allowing(tmp_path, half, half).stopped


def test_an_allowance_that_is_over_is_said_in_every_plan(tmp_path: Path) -> None:
    plan = allowing(tmp_path, "guard: create, max: 9, until: 2020-12-31, reason: last year")

    assert [line for line in lines(plan) if "allowance" in line] == ["warning allowance-expired None"]


def test_an_allowance_goes_by_the_clock_and_not_by_as_of(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    made = company(tmp_path, "{delete: {max: 1}}", rows(4, state="gone"))
    made.write("decisions.yaml", "allowances: [{guard: delete, max: 9, until: 2020-12-31, reason: over}]\n")
    made.load()

    assert made.plan(as_of=datetime(2020, 12, 1, tzinfo=UTC)).stopped
