"""Who gets power over a tenant, and who its objects answer to, is seen at a glance."""

from __future__ import annotations

import pytest

from idcode.model.plans import AttributeChange, Change, Expect, Target
from idcode.model.values import Ref, Scalar
from idcode.report.risks import all_risks


def change(kind: str, name: str, **item: tuple[Scalar, ...]) -> Change:
    attributes = {name: AttributeChange(delta="add" in item or "remove" in item, **item)}  # type: ignore[arg-type]
    target = Target("a", "Global Administrator", "Global Administrator")
    return Change("c1", "", "cloud", kind, "x:y@cloud", target, "update", "link", attributes, Expect())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "risks"),
    [
        (change("role_assignment", "members", add=(Ref("ada"),)), ["role"]),
        (change("role_assignment", "members", remove=(Ref("ada"),)), ["membership-loss"]),
        (change("group", "members", add=(Ref("ada"),)), []),
        (change("user", "isCloudManaged", after=(True,)), ["authority"]),
    ],
)
def test_power_over_a_tenant_is_worth_a_second_look(found: Change, risks: list[str]) -> None:
    assert [risk.kind for risk in all_risks([found])] == risks
