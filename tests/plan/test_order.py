"""The order of changes: what is needed comes first, ranks decide among what is ready, circles are opened."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from idcode.model.plans import PHASES, AttributeChange
from idcode.plan.drafts import Draft
from idcode.plan.order import dependants, dependencies, ordered


def draft(name: str, phase: str = "update") -> Draft:
    return Draft(
        "corp",
        "user",
        f"person:{name}@corp/account",
        name,
        f"anchor-{name}",
        f"CN={name},DC=x",
        "update",
        phase,
        "corp/account",
    )  # type: ignore[arg-type]


@st.composite
def acyclic(draw: st.DrawFn) -> list[Draft]:
    """Drafts of any phase, each of which may need any that were made before it."""
    made: list[Draft] = []
    for number in range(draw(st.integers(0, 12))):
        new = draft(f"E{number}", draw(st.sampled_from(PHASES)))
        new.provides.add(("object", number))
        if made:
            new.needs |= {("object", n) for n in draw(st.sets(st.integers(0, number - 1), max_size=3))}
        made.append(new)
    return made


@given(acyclic(), st.integers())
def test_everything_comes_once_and_after_what_it_needs(drafts: list[Draft], seed: int) -> None:
    random.Random(seed).shuffle(drafts)
    result, needs = ordered(drafts)
    assert sorted(result, key=id) == sorted(drafts, key=id)
    for item in result:
        assert all(result.index(before) < result.index(item) for before in needs[item])


@given(acyclic(), st.integers())
def test_the_order_does_not_depend_on_the_order_of_the_input(drafts: list[Draft], seed: int) -> None:
    expected = [item.address for item in ordered(drafts)[0]]
    random.Random(seed).shuffle(drafts)
    assert [item.address for item in ordered(drafts)[0]] == expected


@given(acyclic())
def test_without_needs_the_ranks_decide(drafts: list[Draft]) -> None:
    for item in drafts:
        item.needs.clear()
    ranks = [PHASES.index(item.phase) for item in ordered(drafts)[0]]
    assert ranks == sorted(ranks)


@given(acyclic(), st.integers(0, 11))
def test_what_is_left_out_takes_along_whatever_needs_it_and_nothing_else(drafts: list[Draft], number: int) -> None:
    roots = [item for item in drafts if item.label == f"E{number}"]
    lost = dependants(drafts, roots)
    needs = dependencies(drafts)
    for item in drafts:
        if item not in roots:
            assert (item in lost) == bool(needs[item] & (lost | set(roots)))


def rename(name: str, before: str, after: str) -> Draft:
    item = draft(name)
    item.attributes["userPrincipalName"] = AttributeChange((before,), (after,))
    item.provides.add(("free", "corp", "userPrincipalName", before))
    item.needs.add(("free", "corp", "userPrincipalName", after))
    return item


@given(st.integers(2, 6))
def test_a_circle_of_values_is_opened_with_one_temporary_value_and_ends_as_wanted(size: int) -> None:
    names = [f"n{number}@x.example" for number in range(size)]
    drafts = [rename(f"E{n}", names[n], names[(n + 1) % size]) for n in range(size)]
    result, _ = ordered(drafts)
    assert len(result) == size + 1
    held = {f"E{n}": name for n, name in enumerate(names)}
    for step in result:
        change = step.attributes["userPrincipalName"]
        assert held[step.label] == change.before[0], "every step begins where the one before it ended"
        assert change.after[0] not in held.values(), "no value is taken while somebody has it"
        held[step.label] = str(change.after[0])
    assert held == {f"E{n}": names[(n + 1) % size] for n in range(size)}
