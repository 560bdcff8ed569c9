"""Users (Graph pages user-post-users, user-update, user-delete, user-post-manager, user-list)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from idcode.directories.sandbox.tenant import deleted
from idcode.directories.sandbox.tenant.authority import check_authority
from idcode.directories.sandbox.tenant.born import new_id, security_identifier
from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import (
    bad_request,
    invalid_value,
    missing_property,
    not_found,
    references_exist,
    weak_password,
)
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.names import (
    check_free,
    check_logon_name,
    check_nickname,
    domain_of,
    verified_domains,
    with_primary,
)
from idcode.directories.sandbox.tenant.navigation import relation_routes
from idcode.directories.sandbox.tenant.properties import OUTSIDE, properties
from idcode.directories.sandbox.tenant.references import reference
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.values import checked, merged
from idcode.directories.sandbox.tenant.work import Moment, Work

_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
_NEVER_CLEARED = ("accountEnabled", "displayName", "mail", "mailNickname", "usageLocation", "userPrincipalName")
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_MOST_MAILS, _LONGEST_MAIL = 250, 250
_EXTENSIONS = "onPremisesExtensionAttributes"


def create(work: Work) -> Reply:
    """Answer ``POST /users``: 201 with the properties that are there by default."""
    values = checked("user", work.body())
    if _EXTENSIONS in values and not work.switches.extension_attributes_at_creation:
        raise invalid_value(_EXTENSIONS, "User")
    for name in _REQUIRED:
        if values.get(name) in (None, ""):
            raise missing_property(name)
    if values["passwordProfile"].get("password") is None:
        raise missing_property("password")
    if any(name in OUTSIDE for name in values):
        raise bad_request("The request cannot be completed: properties of other services are set by an update.")
    domain = domain_of(work.draft.view, values["userPrincipalName"])
    if domain is not None and domain.get("authenticationType") == "Federated" and "onPremisesImmutableId" not in values:
        raise missing_property("onPremisesImmutableId")
    entity = new_user(work, values)
    address = f"{work.request.base}/users/{entity.id}"
    reply = single(work, entity, "users")
    return Reply(201, reply.body, {"Location": address})


def new_user(moment: Moment, values: Mapping[str, Any]) -> Entity:
    """Put a new user with these checked properties into the draft. Raises ``GraphError``.

    Its user principal name is checked unless the user is a guest.
    """
    entity_id, now = new_id(), stamp(moment.now)
    default = verified_domains(moment.draft.view)[0].id
    identity = {"signInType": "userPrincipalName", "issuer": default}
    born = {
        "createdDateTime": now,
        "identities": [{**identity, "issuerAssignedId": values["userPrincipalName"]}],
        "lastPasswordChangeDateTime": now,
        "securityIdentifier": security_identifier(entity_id),
        "signInSessionsValidFromDateTime": now,
        "userType": "Member",
    }
    return _written(moment, Entity(entity_id, "user", born), values)


def update(work: Work) -> Reply:
    """Answer ``PATCH /users/{id}``: 204."""
    user = work.target(work.param("id"), "user")
    values = checked("user", work.body())
    check_authority(user, values)
    alone = [name for name in values if name in OUTSIDE]
    if alone and len(values) > 1:
        raise bad_request(f"The property '{alone[0]}' cannot be updated together with other properties.")
    _written(work, user, values)
    return Reply(204)


def _written(moment: Moment, user: Entity, values: Mapping[str, Any]) -> Entity:
    """Put a user with other values into the draft. Raises ``GraphError``."""
    _check_values(values)
    changes = dict(values)
    for name in values:
        if (
            name != "passwordProfile"
            and properties(properties("user")[name].kind)
            and not isinstance(values[name], list)
        ):
            changes[name] = merged(user.get(name), values[name])
    if values.get("passwordProfile") is not None:
        changes |= _password(moment, user, values["passwordProfile"])
    if values.get("mail"):
        changes["proxyAddresses"] = with_primary(user.get("proxyAddresses", ()), values["mail"])
    changed = user.having(**{name: None if value == [] else value for name, value in changes.items()})
    if "userPrincipalName" in values and changed.get("userType") != "Guest":
        check_logon_name(moment.draft.view, values["userPrincipalName"])
    check_free(moment.draft.view, changed)
    return moment.draft.put(changed)


def _check_values(values: Mapping[str, Any]) -> None:
    for name in _NEVER_CLEARED:
        if name in values and values[name] in (None, ""):
            raise invalid_value(name, "User")
    if "mailNickname" in values:
        check_nickname(values["mailNickname"], "User")
    if "usageLocation" in values and not re.fullmatch("[A-Za-z]{2}", values["usageLocation"]):
        raise invalid_value("usageLocation", "User")
    if len(values.get("businessPhones") or ()) > 1:
        raise invalid_value("businessPhones", "User")
    mails = values.get("otherMails") or ()
    if len(mails) > _MOST_MAILS or any(len(mail) > _LONGEST_MAIL for mail in mails):
        raise invalid_value("otherMails", "User")
    if values.get("userType") not in (None, "Member", "Guest"):
        raise invalid_value("userType", "User")
    _check_policies(values.get("passwordPolicies"))


def _check_policies(text: str | None) -> None:
    for each in (text or "None").split(","):
        if each.strip() not in ("None", "DisableStrongPassword", "DisablePasswordExpiration"):
            raise invalid_value("passwordPolicies", "User")


def _password(moment: Moment, user: Entity, profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a new password profile changes; the password itself is kept nowhere."""
    kept = {"forceChangePasswordNextSignIn": True, "forceChangePasswordNextSignInWithMfa": False}
    kept |= {name: value for name, value in (user.get("passwordProfile") or {}).items() if value is not None}
    kept |= {name: value for name, value in profile.items() if name != "password" and value is not None}
    if profile.get("password") is None:
        return {"passwordProfile": kept}
    password = profile["password"]
    classes = sum(1 for each in _CLASSES if re.search(each, password))
    if not 8 <= len(password) <= 256 or classes < 3:
        raise weak_password()
    if "forceChangePasswordNextSignIn" not in profile:
        kept["forceChangePasswordNextSignIn"] = True
    return {"passwordProfile": kept, "lastPasswordChangeDateTime": stamp(moment.now)}


def show(work: Work) -> Reply:
    """Answer ``GET /users/{id}``."""
    return single(work, work.found(work.param("id"), "user"), "users")


def _collection(work: Work) -> Collection:
    return Collection(work.reading.ids("user"), "user", "users")


def delete(work: Work) -> Reply:
    """Answer ``DELETE /users/{id}``: 204; the user can be restored for 30 days."""
    deleted.soft_delete(work, work.target(work.param("id"), "user"))
    return Reply(204)


def put_manager(work: Work) -> Reply:
    """Answer ``PUT /users/{id}/manager/$ref``: 204, in place of any manager before."""
    user = work.target(work.param("id"), "user")
    check_authority(user, ("manager",))
    manager = reference(work, "user", "orgContact")
    _drop_managers(work, user, keep=(manager.id,))
    work.draft.link("manager", user.id, manager.id)
    return Reply(204)


def remove_manager(work: Work) -> Reply:
    """Answer ``DELETE /users/{id}/manager/$ref``: 204."""
    user = work.target(work.param("id"), "user")
    check_authority(user, ("manager",))
    if not _drop_managers(work, user):
        raise not_found("manager")
    return Reply(204)


def _drop_managers(work: Work, user: Entity, keep: Iterable[str] = ()) -> bool:
    gone = [each for each in work.draft.view.targets("manager", user.id) if each not in keep]
    for each in gone:
        work.draft.unlink("manager", user.id, each)
    return bool(gone)


def add_sponsor(work: Work) -> Reply:
    """Answer ``POST /users/{id}/sponsors/$ref``: 204."""
    user = work.target(work.param("id"), "user")
    if not work.draft.link("sponsors", user.id, reference(work, "user", "group").id):
        raise references_exist("sponsors")
    return Reply(204)


def remove_sponsor(work: Work) -> Reply:
    """Answer ``DELETE /users/{id}/sponsors/{sponsor}/$ref``: 204."""
    user = work.target(work.param("id"), "user")
    if not work.draft.unlink("sponsors", user.id, work.param("sponsor").lower()):
        raise not_found(work.param("sponsor"))
    return Reply(204)


ROUTES = (
    Route("POST", "/users", create),
    Route("GET", "/users", lambda work: listed(work, _collection(work))),
    Route("GET", "/users/$count", lambda work: counted(work, _collection(work))),
    Route("GET", "/users/{id}", show),
    Route("PATCH", "/users/{id}", update),
    Route("DELETE", "/users/{id}", delete),
    Route("PUT", "/users/{id}/manager/$ref", put_manager),
    Route("DELETE", "/users/{id}/manager/$ref", remove_manager),
    Route("POST", "/users/{id}/sponsors/$ref", add_sponsor),
    Route("DELETE", "/users/{id}/sponsors/{sponsor}/$ref", remove_sponsor),
    *relation_routes("user", "/users/{id}"),
)
