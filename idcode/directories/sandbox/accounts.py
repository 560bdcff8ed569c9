"""The rules of the Security Accounts Manager for users and computers (MS-SAMR 3.1.1.6 to 3.1.1.8)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence

from idcode.directories.ad.constants import NEVER, UAC_ACCOUNT_TYPES, UAC_DISABLED, UAC_NORMAL_ACCOUNT, UAC_NOT_STORED
from idcode.directories.ad.operations import Modification
from idcode.directories.sandbox import results
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.results import attribute_error, system_error, unwilling
from idcode.directories.sandbox.tree import Node

CONTROL, PASSWORD, PASSWORD_SET, NAME = "useraccountcontrol", "unicodepwd", "pwdlastset", "samaccountname"
PASSWORD_NOT_REQUIRED = 0x20
WORKSTATION, SERVER = 0x1000, 0x2000
USERS, COMPUTERS, CONTROLLERS = b"513", b"515", b"516"
"""Relative identifiers of the primary groups: Domain Users, Domain Computers, Domain Controllers."""

HELD = b"set"
"""What is kept of a password: that there is one."""
_NAME_LIMIT = 20
"""Characters of the sAMAccountName of a user."""
_FORBIDDEN = frozenset('"/\\[]:;|=,+*?<>')
_COMPLEX, _KINDS_OF_CHARACTERS = 0x1, 3
_ZERO = ("badpasswordtime", "badpwdcount", "codepage", "countrycode", "lastlogoff", "lastlogon", "logoncount")
_LASTING = frozenset({"accountexpires", "codepage", "countrycode", "lockouttime", PASSWORD_SET})
"""What can be written and not taken away; with the others such as userAccountControl, which have rules of their own."""
_NOT_STORED = sum(UAC_NOT_STORED)


def is_account(node: Node) -> bool:
    """Whether it is a user or computer."""
    return "user" in node.classes


def is_principal(node: Node) -> bool:
    """Whether it is a user, computer or group."""
    return not node.classes.isdisjoint({"user", "group"})


def born(draft: Draft, node: Node) -> Node:
    """Give a new user, computer or group what it does not bring along."""
    if not is_principal(node):
        return node
    defaults: dict[str, tuple[bytes, ...]] = {}
    if NAME not in node.values:
        defaults[NAME] = (_made_up_name(),)
    if "objectsid" not in node.values:
        defaults["objectsid"] = (draft.next_sid(),)
    if is_account(node):
        computer = "computer" in node.classes
        control = (WORKSTATION if computer else UAC_NORMAL_ACCOUNT) | PASSWORD_NOT_REQUIRED | UAC_DISABLED
        defaults |= {name: (b"0",) for name in (*_ZERO, PASSWORD_SET) if name not in node.values}
        defaults.setdefault(CONTROL, node.values.get(CONTROL, (str(control).encode(),)))
        defaults["accountexpires"] = node.values.get("accountexpires", (str(NEVER).encode(),))
    elif "grouptype" not in node.values:
        defaults["grouptype"] = (b"-2147483646",)
    return node.setting(defaults)


def settled(draft: Draft, before: Node | None, node: Node, touched: Collection[str]) -> Node:
    """Return a user, computer or group as the SAM keeps it; raise :class:`Refused` for what it does not take.

    ``before`` is the object as it was; ``touched`` names the attributes that the operation writes.
    """
    if not is_principal(node):
        return node
    if NAME in touched:
        check_name(node)
    if not is_account(node):
        return node
    if CONTROL in touched:
        node = node.setting({CONTROL: (_control(node),)})
    if any(name in touched and name not in node.values for name in _LASTING):
        raise unwilling(results.ILLEGAL_CHANGE)
    node = _with_primary_group(before, node)
    if PASSWORD_SET in touched:
        node = _with_password_time(draft, before, node)
    if "lockouttime" in touched and node.number("lockouttime"):
        raise unwilling(results.ATTRIBUTE_CONVERSION)
    usable = not node.number(CONTROL) & (UAC_DISABLED | PASSWORD_NOT_REQUIRED)
    if CONTROL in touched and usable and PASSWORD not in node.values:
        raise unwilling(results.PASSWORD_POLICY)
    return node


def check_name(node: Node) -> None:
    """Raise :class:`Refused` for a sAMAccountName that none can have (MS-SAMR 3.1.1.8.4)."""
    raw = node.first(NAME)
    if raw is None:
        raise unwilling(results.ILLEGAL_CHANGE)
    text = raw.decode("utf-8")
    person = "user" in node.classes and "computer" not in node.classes
    too_long = person and len(text.encode("utf-16-le")) // 2 > _NAME_LIMIT
    bad = any(char in _FORBIDDEN or ord(char) < 32 for char in text)
    if too_long or bad or text.endswith(".") or not text.strip(" ."):
        raise system_error(results.BAD_ACCOUNT_NAME)


def with_password(draft: Draft, node: Node, steps: Sequence[Modification]) -> Node:
    """Return ``node`` with a password, of which nothing is kept but that there is one.

    Only setting is possible: to change a password is to know the old one, which nobody does here. Raises
    :class:`Refused` (53) for what is no password (MS-ADTS 3.1.1.3.1.5.1) and for one that the domain's policy forbids.
    """
    if not is_account(node) or [kind for kind, _ in steps] != ["replace"] or len(steps[0][1]) != 1:
        raise unwilling(results.BAD_PASSWORD_FORM)
    try:
        text = bytes(steps[0][1][0]).decode("utf-16-le")
    except UnicodeDecodeError:
        raise unwilling(results.BAD_PASSWORD_FORM) from None
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise unwilling(results.BAD_PASSWORD_FORM)
    if not _satisfies_policy(draft.tree.root, node, text[1:-1]):
        raise unwilling(results.PASSWORD_POLICY)
    return node.setting({PASSWORD: (HELD,), PASSWORD_SET: (draft.ticks,)})


def _satisfies_policy(domain: Node, node: Node, password: str) -> bool:
    """Whether minPwdLength and pwdProperties of the domain allow a password (MS-SAMR 3.1.1.7.1, 3.1.1.7.2)."""
    if len(password) < domain.number("minpwdlength"):
        return False
    if not domain.number("pwdproperties") & _COMPLEX:
        return True
    folded = password.lower()
    own = [(node.first(NAME) or b"").decode("utf-8", "replace")]
    own += re.split(r"[\s,.\-_#]+", (node.first("displayname") or b"").decode("utf-8", "replace"))
    if any(len(word) >= 3 and word.lower() in folded for word in own):
        return False
    kinds = (str.isupper, str.islower, str.isdigit, lambda char: not char.isalnum())
    return sum(any(kind(char) for char in password) for kind in kinds) >= _KINDS_OF_CHARACTERS


def _control(node: Node) -> bytes:
    """Return userAccountControl as it is kept; raise :class:`Refused` for what is none (MS-SAMR 3.1.1.8.10)."""
    raw = node.first(CONTROL)
    if raw is None:
        raise unwilling(results.ILLEGAL_CHANGE)
    if not -(2**31) <= int(raw) < 2**32:
        raise results.conversion_error(21)
    control = int(raw) % 2**32 & ~_NOT_STORED
    if not control & UAC_ACCOUNT_TYPES:
        control |= UAC_NORMAL_ACCOUNT
    if (control & UAC_ACCOUNT_TYPES).bit_count() > 1:
        raise system_error(results.ATTRIBUTE_CONVERSION)
    return str(control).encode("ascii")


def _with_primary_group(before: Node | None, node: Node) -> Node:
    """Give an account the primary group of its kind, when it is new or becomes of another kind."""
    now = _usual_group(node)
    if before is not None and (_usual_group(before) == now or "primarygroupid" not in before.values):
        return node
    if before is None and "primarygroupid" in node.values:
        return node
    return node.setting({"primarygroupid": (now,)})


def _usual_group(node: Node) -> bytes:
    control = node.number(CONTROL)
    if control & SERVER:
        return CONTROLLERS
    return COMPUTERS if control & WORKSTATION else USERS


def _with_password_time(draft: Draft, before: Node | None, node: Node) -> Node:
    """Return it with pwdLastSet of 0 or now, the only values that can be written (0 and -1, MS-SAMR 3.1.1.8.8)."""
    raw = node.first(PASSWORD_SET)
    if raw == b"-1":
        return node.setting({PASSWORD_SET: (draft.ticks,)})
    if raw != b"0" and (before is None or raw != before.first(PASSWORD_SET)):
        raise attribute_error(19, results.ATTRIBUTE_CONVERSION, "pwdLastSet")
    return node


def _made_up_name() -> bytes:
    """Return a name of the form that servers give accounts without one: ``$``, and 18 letters and digits."""
    letters = "0123456789ABCDEFGHJKLMNPQRSTUVWX"
    made = "".join(secrets.choice(letters) for _ in range(18))
    return f"${made[:6]}-{made[6:]}".encode("ascii")
