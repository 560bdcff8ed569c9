"""The judge itself: it accepts Microsoft's own examples, and finds what is made wrong in them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.contradictions import CONTRADICTIONS
from tests.graph.official import check_reply
from tests.graph.routes import Route, find
from tests.graph.samples import Sample, samples, sound
from tests.graph.schema import ABSENT, AVAILABLE, Property, Type, schema
from tests.graph.values import type_of

pytestmark = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)


def test_every_official_example_passes() -> None:
    found = {sample.title: sample.problems() for sample in sound()}
    assert len(found) >= 370
    assert {title: problems for title, problems in found.items() if problems} == {}


def test_every_listed_contradiction_is_one() -> None:
    contradictory = [sample for sample in samples() if sample.title in CONTRADICTIONS]
    assert {sample.title for sample in contradictory} == CONTRADICTIONS.keys()
    # One path has two examples, and only one of them is contradictory.
    wrong = {sample.title for sample in contradictory if sample.problems()}
    assert wrong == CONTRADICTIONS.keys()


# --- examples made wrong -----------------------------------------------------------------------------------------------


def _spots(
    value: Any, declared: Property, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Property]]:
    """Yield where in a reply each described property stands."""
    kind = schema().type(declared.type)
    items = list(enumerate(value)) if declared.collection and isinstance(value, list) else [(None, value)]
    for index, item in items:
        stated = type_of(item, kind, "") if kind is not None and isinstance(item, dict) else None
        if not isinstance(stated, Type) or stated.name in ("directoryObject", "customSecurityAttributeValue"):
            continue
        here = path if index is None else (*path, index)
        for name, inner in item.items():
            if name in stated.properties:
                yield (*here, name), stated.properties[name]
                yield from _spots(inner, stated.properties[name], (*here, name))


def _described() -> list[tuple[Sample, tuple[str | int, ...], Property]]:
    found = []
    for sample in sound() if AVAILABLE else []:
        route = find(sample.method, sample.path)
        if isinstance(route, Route) and route.result is not None and isinstance(sample.body, dict):
            listed = route.result.collection
            start = sample.body.get("value") if listed else sample.body
            found += [(sample, spot, p) for spot, p in _spots(start, route.result, ("value",) if listed else ())]
    return found


SPOTS = _described()
_ANY = st.sampled_from(SPOTS) if SPOTS else st.nothing()


def _changed(sample: Sample, spot: tuple[str | int, ...], value: Any, *, rename: bool = False) -> list[str]:
    body = copy.deepcopy(sample.body)
    at = body
    for step in spot[:-1]:
        at = at[step]
    if rename:
        at[str(spot[-1]) + "x"] = at.pop(spot[-1])
    else:
        at[spot[-1]] = value
    return check_reply(sample.method, sample.path, sample.status, body, sample.query, shortened=True)


def _wrong_for(declared: Property) -> list[Any]:
    if declared.collection:
        return [None, "text", {}, {"value": []}, 7, [object.__name__, 3.5] if declared.type == "Edm.Boolean" else [[]]]
    wrong: list[Any] = [[], ["text"], {"no": "such"}, 3.5]
    if declared.type in schema().enums:
        return [*wrong, "no such member", 7, True]
    if not declared.type.startswith("Edm."):
        closed = schema().type(declared.type) is not None and declared.type != "customSecurityAttributeValue"
        return ["text", 7, True, [], *([{"noSuchProperty": 1}] if closed else [])]
    if declared.type != "Edm.Boolean":
        wrong.append(True)
    if declared.type != "Edm.String":
        wrong += ["no such value", ""]
    if not declared.type.startswith("Edm.Int"):
        wrong.append(7)
    return wrong if declared.nullable else [*wrong, None]


@settings(max_examples=400)
@given(data=st.data(), case=_ANY)
def test_a_value_of_the_wrong_type_is_found(
    data: st.DataObject, case: tuple[Sample, tuple[str | int, ...], Property]
) -> None:
    sample, spot, declared = case
    value = data.draw(st.sampled_from(_wrong_for(declared)))
    assert _changed(sample, spot, value), f"{value!r} as {declared.type} {spot}"


@settings(max_examples=200)
@given(case=_ANY)
def test_a_misspelt_property_is_found(case: tuple[Sample, tuple[str | int, ...], Property]) -> None:
    sample, spot, _ = case
    assert _changed(sample, spot, None, rename=True)


@settings(max_examples=200)
@given(data=st.data(), sample=st.sampled_from(sound()) if AVAILABLE else st.nothing())
def test_a_misspelt_path_is_found(data: st.DataObject, sample: Sample) -> None:
    route = find(sample.method, sample.path)
    assert isinstance(route, Route)
    literal = [i for i, step in enumerate(route.template.split("/")) if step and "{" not in step]
    steps = sample.path.split("/")
    steps[data.draw(st.sampled_from(literal))] += "x"
    wrong = find(sample.method, "/".join(steps))
    # What stood for a name may be taken for the key of something else, whose form is free.
    assert isinstance(wrong, str) or wrong.template.count("{") > route.template.count("{")
