"""Passwords, enabling and disabling: who can log on, and whose mark an account carries."""

from __future__ import annotations

from typing import Any

import pytest
from ldap3.core.exceptions import LDAPBindError

from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.values import guid_text
from idcode.model.plans import Expect
from tests.ad.support import PASSWORD, Sink, apply, change, create, directory, done, entry, live, sets, user
from tests.lab import Domain

pytestmark = pytest.mark.ad


def _can_log_on(domain: Domain, name: str, password: str = PASSWORD) -> bool:
    try:
        domain.connect(f"{name}@{domain.realm.lower()}", password).unbind()
    except LDAPBindError:
        return False
    return True


def _new(domain: Domain, enabled: bool | None, password: bool = True) -> Any:
    given = {"sAMAccountName": sets("ada"), "userPrincipalName": sets("ada@contoso.example")}
    if enabled is not None:
        given["enabled"] = sets(enabled)
    return change("create", f"CN=Ada,CN=Users,{domain.base_dn}", given, password=password)


def test_a_new_account_can_be_used_with_the_password_that_was_handed_over(
    corp: AdDirectory, domain: Domain, admin: Any
) -> None:
    sink = Sink()
    outcomes = done(apply(corp, _new(domain, True), sink=sink))
    assert len(outcomes) == 3
    assert _can_log_on(domain, "ada")
    raw = entry(admin, f"CN=Ada,CN=Users,{domain.base_dn}")
    assert raw["userAccountControl"] == [b"512"]
    assert "adminDescription" not in raw
    ((account, password),) = sink.delivered
    assert password == PASSWORD
    assert account == {
        "address": "person:E1@corp/account",
        "directory": "corp",
        "dn": f"CN=Ada,CN=Users,{domain.base_dn}",
        "sAMAccountName": "ada",
        "userPrincipalName": "ada@contoso.example",
    }
    held = live(corp, outcomes[0].anchor or "")
    assert (held.enabled, held.mark, held.needs_password) == (True, None, False)


def test_an_account_for_later_waits_disabled_with_its_password(corp: AdDirectory, domain: Domain) -> None:
    outcomes = done(apply(corp, _new(domain, False)))
    held = live(corp, outcomes[0].anchor or "")
    assert (held.enabled, held.mark, held.needs_password) == (False, "disabled", False)
    assert not _can_log_on(domain, "ada")
    done(apply(corp, change("enable", held.dn, {"enabled": sets(True, before=(False,))}, anchor=held.anchor)))
    assert _can_log_on(domain, "ada")


def test_where_the_sink_fails_the_account_stays_disabled_and_says_so(corp: AdDirectory, domain: Domain) -> None:
    outcomes = apply(corp, _new(domain, True), sink=Sink(broken=True))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "skipped"]
    assert "could not be handed over" in (outcomes[1].message or "")
    assert not any(PASSWORD in str(outcome) for outcome in outcomes)
    held = live(corp, outcomes[0].anchor or "")
    assert (held.enabled, held.mark) == (False, "new")
    later = change("enable", held.dn, {"enabled": sets(True, before=(False,))}, anchor=held.anchor, password=True)
    done(apply(corp, later, sink=Sink(password="Another-Good-One-77")))
    assert _can_log_on(domain, "ada", "Another-Good-One-77")


def test_a_password_against_the_policy_is_explained_without_it(corp: AdDirectory, domain: Domain) -> None:
    outcomes = apply(corp, _new(domain, True), sink=Sink(password="weak"))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "skipped"]
    assert "password policy" in (outcomes[1].message or "")
    assert "weak" not in (outcomes[1].message or "")


def test_requests_hold_no_password(corp: AdDirectory, domain: Domain) -> None:
    writes = corp.lower(_new(domain, True), {})
    assert [write.kind for write in writes] == ["add", "password", "account"]
    assert writes == corp.lower(_new(domain, True), {})
    assert set(writes[1].request) == {"op", "target", "account"}


def test_a_password_in_doubt_is_never_taken_for_set(corp: AdDirectory, domain: Domain) -> None:
    item = _new(domain, True)
    done(apply(corp, item))
    writes = corp.lower(item, {})
    assert corp.settle(writes[1]).status == "failed"
    assert corp.settle(writes[2]).status == "done"


def test_disabling_marks_and_enabling_takes_the_mark_off(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    done(apply(corp, _new(domain, True)))
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    (ada,) = corp.fetch([_anchor(corp, admin, name)], []).values()
    done(apply(corp, change("disable", name, {"enabled": sets(False, before=(True,))}, anchor=ada.anchor)))
    assert not _can_log_on(domain, "ada")
    assert entry(admin, name)["adminDescription"] == [b"idcode:disabled"]
    assert live(corp, ada.anchor).mark == "disabled"
    done(apply(corp, change("enable", name, {"enabled": sets(True, before=(False,))}, anchor=ada.anchor)))
    assert _can_log_on(domain, "ada")
    assert "adminDescription" not in entry(admin, name)


def _anchor(corp: AdDirectory, admin: Any, name: str) -> str:
    return guid_text(entry(admin, name)["objectGUID"][0])


def test_an_account_that_somebody_else_disabled_gets_no_mark(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    done(apply(corp, _new(domain, True)))
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    admin.modify(name, {"userAccountControl": [("MODIFY_REPLACE", ["514"])]})
    done(apply(corp, change("disable", name, anchor=_anchor(corp, admin, name))))
    assert "adminDescription" not in entry(admin, name)


def test_text_of_somebody_else_in_the_mark_attribute_stays(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    done(apply(corp, _new(domain, True)))
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    admin.modify(name, {"adminDescription": [("MODIFY_REPLACE", ["their note"])]})
    anchor = _anchor(corp, admin, name)
    done(apply(corp, change("disable", name, anchor=anchor)))
    assert not _can_log_on(domain, "ada")
    assert entry(admin, name)["adminDescription"] == [b"their note"]
    assert live(corp, anchor).mark is None


def test_account_flags_that_changed_since_the_plan_make_it_stale(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    done(apply(corp, _new(domain, True)))
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    anchor = _anchor(corp, admin, name)
    admin.modify(name, {"userAccountControl": [("MODIFY_REPLACE", ["66048"])]})
    relied_on = Expect(attributes={"userAccountControl": (512,)})
    (outcome,) = apply(corp, change("disable", name, anchor=anchor, expect=relied_on))
    assert outcome.status == "stale"
    assert "66048" in (outcome.message or "")
    done(apply(corp, change("disable", name, anchor=anchor)))
    assert entry(admin, name)["userAccountControl"] == [b"66050"]


def test_other_account_flags_survive_enabling(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    given = {**user(domain, "Ada").attributes, "userAccountControl": sets(66048), "enabled": sets(True)}
    item = change("create", f"CN=Ada,CN=Users,{domain.base_dn}", given, password=True)
    done(apply(corp, item))
    assert entry(admin, f"CN=Ada,CN=Users,{domain.base_dn}")["userAccountControl"] == [b"66048"]


def test_a_rollback_can_say_which_mark_there_was(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    done(apply(corp, _new(domain, True)))
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    back = {"enabled": sets(False, before=(True,)), "mark": sets("new")}
    done(apply(corp, change("disable", name, back, anchor=_anchor(corp, admin, name))))
    assert entry(admin, name)["adminDescription"] == [b"idcode:new"]


def test_another_attribute_can_hold_the_mark(domain: Domain, admin: Any) -> None:
    corp = directory(domain, disable_mark_in="info")
    anchor = create(corp, user(domain, "Ada"))
    assert live(corp, anchor).mark == "new"
    corp.close()
    assert entry(admin, f"CN=Ada,CN=Users,{domain.base_dn}")["info"] == [b"idcode:new"]
