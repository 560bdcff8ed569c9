"""Carrying out one write: the calls it takes, and what is known once they are answered.

Each operation is a generator of calls that is sent their answers, so that many writes share batches.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

from idcode.directories.entra import problems, settling
from idcode.directories.entra.bench import Bench, by_unique_name
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.noting import note
from idcode.directories.entra.problems import DONE, Step
from idcode.directories.entra.requests import unresolved
from idcode.directories.entra.roles import ASSIGNMENTS
from idcode.directories.port import Secrets
from idcode.model.errors import DirectoryError, IdcodeError
from idcode.model.syntax import text_of
from idcode.model.writes import Write

Calls = Generator[Call, Answer, Step]
_UPSERT = {"Prefer": "create-if-missing"}
_PASS = "temporary-access-pass"


def perform(bench: Bench, write: Write, secrets: Secrets) -> Calls:
    """Carry out ``write``; the step it returns says how it ended."""
    missing = unresolved(write.request)
    if missing:
        return Step("failed", "unresolved", f"it refers to {missing}, which does not exist")
    try:
        if write.request["op"] == "password":
            return (yield from _password(bench, write, secrets))
        return (yield from _PERFORM[write.request["op"]](bench, write))
    except DirectoryError as error:
        return Step("failed", message=str(error))


def _finish(bench: Bench, write: Write, answer: Answer, anchor: str) -> Step:
    """Return the step of an answered write. One that is refused is done where all is as it was to be."""
    if not answer.ok and problems.may_be_done(answer):
        since = bench.memory.now() if problems.says_already(answer) else None
        found = settling.reached(bench, write, since)
        if found is not None:
            note(bench, write, found)
            return replace(DONE, code="settled", anchor=found)
    if not answer.ok:
        return problems.refused(answer)
    note(bench, write, anchor)
    return DONE


def _create(bench: Bench, write: Write) -> Calls:
    target, body = write.request["target"], dict(write.request["body"])
    match target["type"]:
        case "user":
            # Graph demands a password; nobody gets this one.
            body["passwordProfile"] = {"password": _throwaway(), "forceChangePasswordNextSignIn": True}
            call = Call(write.id, "POST", "/users", body)
        case "group":
            bound = {name: write.request[name] for name in ("owners", "members") if name in write.request}
            body |= {f"{name}@odata.bind": [bench.reference(one) for one in some] for name, some in bound.items()}
            new = any(bench.memory.is_new(one["$ref"]) for some in bound.values() for one in some)
            call = Call(write.id, "PATCH", by_unique_name(target["name"]), body, _UPSERT, created=new)
        case _:
            call = Call(write.id, "POST", "/directory/administrativeUnits", body)
    answer = yield call
    if target["type"] == "user" and _refuses_extensions(answer):
        return (yield from _create_in_two(bench, write, call))
    return _born(bench, write, answer)


def _born(bench: Bench, write: Write, answer: Answer) -> Step:
    anchor = str(answer.body["id"]).lower() if answer.ok and isinstance(answer.body, Mapping) else None
    if answer.ok and anchor is None:
        anchor = settling.reached(bench, write, bench.memory.now())
        if anchor is None:
            return Step("unknown", message="it was written, and cannot be read")
    step = _finish(bench, write, answer, anchor or "")
    return replace(step, anchor=step.anchor or anchor)


def _create_in_two(bench: Bench, write: Write, call: Call) -> Calls:
    """Create a user without its extension attributes, and give it those at once: some tenants take them only so."""
    body = dict(call.body)
    extensions = {"onPremisesExtensionAttributes": body.pop("onPremisesExtensionAttributes")}
    answer = yield replace(call, body=body)
    if answer.ok:
        anchor = str(answer.body["id"]).lower()
        bench.memory.born[write.change_id] = anchor
        second = yield Call(write.id, "PATCH", f"/users/{anchor}", extensions, created=True)
        if not second.ok:
            return problems.refused(second)
    return _born(bench, write, answer)


def _refuses_extensions(answer: Answer) -> bool:
    return answer.status == 400 and "extensionattribute" in (answer.error or "").lower()


def _invite(bench: Bench, write: Write) -> Calls:
    answer = yield Call(write.id, "POST", "/invitations", write.request["body"])
    anchor = str(answer.body["invitedUser"]["id"]).lower() if answer.ok else ""
    step = _finish(bench, write, answer, anchor)
    return replace(step, anchor=step.anchor or anchor or None)


def _password(bench: Bench, write: Write, secrets: Secrets) -> Calls:
    """Set a new random password, or make a temporary access pass, and hand it over before the account is enabled."""
    request, new = write.request, bench.is_new(write)
    if request["as"] == _PASS:
        url = f"{bench.url(write)}/authentication/temporaryAccessPassMethods"
        answer = yield Call(write.id, "POST", url, {}, created=new)
        password = str(answer.body["temporaryAccessPass"]) if answer.ok else ""
    else:
        password = secrets.new_password()
        profile = {"passwordProfile": {"password": password, "forceChangePasswordNextSignIn": True}}
        answer = yield Call(write.id, "PATCH", bench.url(write), profile, created=new)
    if not answer.ok:
        step = problems.refused(answer)
        return replace(step, message=(step.message or "").replace(password, "…") if password else step.message)
    shown = bench.memory.shown(bench.anchor(write))
    name = text_of(shown["userPrincipalName"][0]) if shown.get("userPrincipalName") else request["target"].get("name")
    account = {**request["account"], **({"dn": name, "userPrincipalName": name} if name else {})}
    try:
        secrets.deliver(account, password)
    except IdcodeError as error:
        text = str(error).replace(password, "…")
        return Step("failed", "not-delivered", f"the password was set and could not be handed over: {text}")
    return DONE


def _simple(make: Callable[[Bench, Write], Call]) -> Callable[[Bench, Write], Calls]:
    """Return an operation that is one call."""

    def operation(bench: Bench, write: Write) -> Calls:
        answer = yield make(bench, write)
        return _finish(bench, write, answer, bench.anchor(write))

    return operation


def _update(bench: Bench, write: Write) -> Call:
    return Call(write.id, "PATCH", bench.url(write), bench.merged(write), created=bench.is_new(write))


def _manager(bench: Bench, write: Write) -> Call:
    url, wanted = f"{bench.url(write)}/manager/$ref", write.request["to"]
    if wanted is None:
        return Call(write.id, "DELETE", url)
    body = {"@odata.id": bench.reference(wanted, "users")}
    return Call(write.id, "PUT", url, body, created=bench.is_new(write, [wanted]))


def _link(bench: Bench, write: Write) -> Calls:
    """Add references, twenty in one request; where some are there already, which refuses all, the others again."""
    wanted = write.request["add"]
    answer = yield _link_call(bench, write, wanted)
    if len(wanted) > 1 and answer.status == 400 and problems.says_already(answer):
        there = settling.members_now(bench, write)
        left = [one for one in wanted if one["$ref"] not in there]
        if left and len(left) < len(wanted):
            answer = yield _link_call(bench, write, left)
    return _finish(bench, write, answer, bench.anchor(write))


def _link_call(bench: Bench, write: Write, wanted: list[Mapping[str, str]]) -> Call:
    name, new = write.request["attribute"], bench.is_new(write, wanted)
    if bench.type(write) == "administrative_unit":
        body: dict[str, Any] = {"@odata.id": bench.reference(wanted[0])}
        return Call(write.id, "POST", f"{bench.url(write)}/{name}/$ref", body, created=new)
    body = {f"{name}@odata.bind": [bench.reference(one) for one in wanted]}
    return Call(write.id, "PATCH", bench.url(write), body, created=new)


def _unlink(bench: Bench, write: Write) -> Call:
    request = write.request
    # Without /$ref Graph deletes the member itself.
    return Call(write.id, "DELETE", f"{bench.url(write)}/{request['attribute']}/{request['remove']['$ref']}/$ref")


def _licences(bench: Bench, write: Write) -> Call:
    body = {"addLicenses": write.request["add"], "removeLicenses": write.request["remove"]}
    return Call(write.id, "POST", f"{bench.url(write)}/assignLicense", body, created=bench.is_new(write))


def _delete(bench: Bench, write: Write) -> Call:
    return Call(write.id, "DELETE", bench.url(write))


def _restore(bench: Bench, write: Write) -> Call:
    name = write.request.get("name")
    body = {"newUserPrincipalName": name} if name else {}
    return Call(write.id, "POST", f"/directory/deletedItems/{bench.anchor(write)}/restore", body)


def _authority(bench: Bench, write: Write) -> Call:
    body = {"isCloudManaged": write.request["cloud"]}
    return Call(write.id, "PATCH", f"{bench.url(write)}/onPremisesSyncBehavior", body)


def _grant(bench: Bench, write: Write) -> Calls:
    request, anchor = write.request, settling.place(write)
    holder = request["principal"]["$ref"]
    if "application" in request:
        url = f"/servicePrincipals/{request['application']}/appRoleAssignedTo"
        body = {"principalId": holder, "resourceId": request["application"], "appRoleId": request["role"]}
    else:
        url = ASSIGNMENTS
        body = {"principalId": holder, "roleDefinitionId": request["role"], "directoryScopeId": request["scope"]}
    answer = yield Call(write.id, "POST", url, body, created=bench.memory.is_new(holder))
    if answer.ok and isinstance(answer.body, Mapping):
        bench.roles.ids[anchor, holder] = str(answer.body["id"])
    step = _finish(bench, write, answer, anchor)
    return replace(step, anchor=anchor) if step.status == "done" else step


def _revoke(bench: Bench, write: Write) -> Calls:
    """Delete an assignment; its id is known from reading who holds the role, a moment ago or now."""
    anchor, holder = settling.place(write), write.request["principal"]["$ref"]
    if (anchor, holder) not in bench.roles.ids:
        bench.roles.fetch(anchor)
    number = bench.roles.ids.pop((anchor, holder), None)
    if number is None:
        return replace(DONE, code="settled")
    application = write.request.get("application")
    place = f"/servicePrincipals/{application}/appRoleAssignedTo" if application else ASSIGNMENTS
    answer = yield Call(write.id, "DELETE", f"{place}/{number}")
    return _finish(bench, write, answer, anchor)


_PERFORM: Mapping[str, Callable[[Bench, Write], Calls]] = {
    "create": _create,
    "invite": _invite,
    "update": _simple(_update),
    "account": _simple(_update),
    "manager": _simple(_manager),
    "link": _link,
    "unlink": _simple(_unlink),
    "licences": _simple(_licences),
    "delete": _simple(_delete),
    "restore": _simple(_restore),
    "authority": _simple(_authority),
    "grant": _grant,
    "revoke": _revoke,
}


def _throwaway() -> str:
    """Return a random password that every policy takes: four classes of characters, about 190 bits."""
    return randomness.token_urlsafe(32) + "aA1!"
