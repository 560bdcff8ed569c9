"""Invitations of guests (invitation-post)."""

from __future__ import annotations

import re
import secrets
import uuid

from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import malformed
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.names import initial_domain
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.users import new_user
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Work

_ADDRESS = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.'-]*[A-Za-z0-9_])?@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TYPES = ("Guest", "Member")


def invite(work: Work) -> Reply:
    """Invite somebody; who is a guest already stays the same user."""
    body = work.body()
    address, redirect = (work.text(name) for name in ("invitedUserEmailAddress", "inviteRedirectUrl"))
    if not _ADDRESS.fullmatch(address):
        raise malformed("Invalid invited user email address.")
    kind, name = body.get("invitedUserType") or "Guest", body.get("invitedUserDisplayName")
    message = body.get("invitedUserMessageInfo") or {}
    if kind not in _TYPES:
        raise malformed(f"Invalid value '{kind}' for invitedUserType.")
    if not isinstance(name, str | None) or not isinstance(message, dict):
        raise malformed("Invalid value for invitedUserDisplayName or invitedUserMessageInfo.")
    user = _who_has(work.draft.view, address)
    if user is not None and user.get("creationType") != "Invitation":
        raise malformed(
            f"The invited user already exists in the directory as object ID: {user.id}. They can use that account to "
            "sign in to shared apps and resources."
        )
    if user is None:
        user = _guest(work, address, name, kind)
    return Reply(
        201,
        {
            "@odata.context": f"{work.request.base}/$metadata#invitations/$entity",
            "id": str(uuid.uuid4()),
            "inviteRedeemUrl": f"https://login.microsoftonline.com/redeem?rd={secrets.token_urlsafe(24)}",
            "invitedUserDisplayName": name,
            "invitedUserType": kind,
            "invitedUserEmailAddress": address,
            "sendInvitationMessage": bool(body.get("sendInvitationMessage")),
            "resetRedemption": False,
            "inviteRedirectUrl": redirect,
            "status": user.get("externalUserState"),
            "invitedUserMessageInfo": {
                "messageLanguage": message.get("messageLanguage"),
                "customizedMessageBody": message.get("customizedMessageBody"),
                "ccRecipients": message.get("ccRecipients") or [{"emailAddress": {"name": None, "address": None}}],
            },
            "invitedUser": {"id": user.id},
        },
    )


def _guest(work: Work, address: str, name: str | None, kind: str) -> Entity:
    local, _, domain = address.partition("@")
    alias = f"{local}_{domain}#EXT#"
    return new_user(
        work,
        {
            "accountEnabled": True,
            "creationType": "Invitation",
            "displayName": name or local,
            "externalUserState": "PendingAcceptance",
            "externalUserStateChangeDateTime": stamp(work.now),
            "mail": address,
            "mailNickname": alias,
            "otherMails": [address],
            "userPrincipalName": f"{alias}@{initial_domain(work.draft.view)}",
            "userType": kind,
        },
    )


def _who_has(view: View, address: str) -> Entity | None:
    found = [*view.find("mail", address, "user"), *view.find("userPrincipalName", address, "user")]
    return next((user for user in found if not user.deleted), None)


ROUTES = (Route("POST", "/invitations", invite),)
