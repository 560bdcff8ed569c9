"""Plans as JSON for reading: what ``redact`` names is not in them, and apply does not take them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.model.errors import PlanRefused
from idcode.model.plans import AttributeChange, Expect, Plan, Reported
from idcode.plan.decoding import decode
from idcode.plan.encoding import encode
from idcode.report.redaction import redacted
from tests.apply.builders import change, delta, plan, single
from tests.apply.strategies import plans

SECRET = "+46 70 1740605"


def telling() -> Plan:
    """A plan in which one number stands everywhere a value can stand."""
    attributes = {
        "mobile": single(SECRET, f"{SECRET}9"),
        "homePhone": AttributeChange((SECRET,), (SECRET, "x"), single=False),
        "otherMobile": delta([SECRET], [SECRET]),
        "title": single("Engineer", "Lead"),
    }
    update = change("c1", "update", "person:E1@corp/account", attributes, anchor="a1", dn="CN=Ada,DC=x")
    update = replace(update, expect=Expect("CN=Ada,DC=x", True, {"mobile": (SECRET,), "homePhone": (SECRET, "y")}))
    item = Reported("corp", "person:E1@corp/account", "Ada", "held", "a1", attributes)
    return plan([[update]], held=(item,), shadow=(item,), orphans=(item,), frozen=(item,), missing=(item,))


def test_no_value_of_a_redacted_attribute_is_left_anywhere() -> None:
    hidden = redacted(encode(telling()), ["MOBILE", "homePhone", "othermobile"])
    assert SECRET not in json.dumps(hidden)
    (shown,) = hidden["changes"]
    assert shown["attributes"]["mobile"] == {"before": "(redacted)", "after": "(redacted)"}
    assert shown["attributes"]["homePhone"]["after"] == ["(redacted)", "(redacted)"]
    assert shown["attributes"]["title"] == {"before": "Engineer", "after": "Lead"}
    assert shown["key"] is None, "a number can be guessed from its hash"


def test_that_an_attribute_is_cleared_is_no_secret() -> None:
    cleared = plan([[change("c1", "update", "person:E1", {"mobile": single(SECRET, None)}, anchor="a", dn="CN=A")]])
    (shown,) = redacted(encode(cleared), ["mobile"])["changes"]
    assert shown["attributes"]["mobile"] == {"before": "(redacted)", "after": None}


def test_a_change_without_hidden_values_keeps_its_key() -> None:
    document = encode(plan([[change("c1", "update", "person:E1", {"title": single("a", "b")}, anchor="a", dn="CN=A")]]))
    assert redacted(document, ["mobile"])["changes"] == document["changes"]


@given(plans)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_apply_refuses_what_was_printed_for_reading(made: Plan) -> None:
    with pytest.raises(PlanRefused, match="printed for reading"):
        decode(redacted(encode(made), ["mobile"]), strict=True)


@given(plans, st.lists(st.text(max_size=8), max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_form_of_the_document_stays(made: Plan, names: list[str]) -> None:
    document = encode(made)
    assert set(redacted(document, names)) == set(document)
