"""What a rollback undid waits, also where the next plan would do it a little differently."""

from __future__ import annotations

from datetime import date

import pytest

from idcode.model.desired import DesiredState
from idcode.model.plans import AttributeChange, Op
from idcode.plan.drafts import Draft
from idcode.plan.holds import hold_back


def creation(op: Op, logon_name: str) -> Draft:
    draft = Draft("corp", "user", "person:E1@corp/account", "Ada", None, "CN=Ada,DC=corp", op, "create", "corp/account")
    draft.attributes["sAMAccountName"] = AttributeChange(after=(logon_name,))
    return draft


@pytest.mark.parametrize("op", ["create", "restore"])
def test_somebody_whose_creation_was_undone_does_not_come_back_under_another_name(op: Op) -> None:
    again = creation(op, "ada2")  # "ada" is on the deleted object
    proceed, held, reports = hold_back([again], (), DesiredState(), {again.address}, date(2026, 12, 8))
    assert (proceed, held) == ([], [again])
    assert "was rolled back" in reports[0].reason


def test_somebody_else_is_created() -> None:
    new = creation("create", "ada")
    proceed, held, _ = hold_back([new], (), DesiredState(), {"person:E2@corp/account"}, date(2026, 12, 8))
    assert (proceed, held) == ([new], [])
