"""What every domain is born with (MS-ADTS 6.1.1.4 and 6.1.4): containers, accounts and groups, and who is in which."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from idcode.directories.ad import values as wire
from idcode.directories.ad.constants import NEVER
from idcode.directories.sandbox import accounts
from idcode.directories.sandbox.classes import most_specific
from idcode.directories.sandbox.draft import Draft
from idcode.directories.sandbox.tree import Guid, Node
from idcode.model import dn

_KEEP_HERE = b"-1946157056"
"""systemFlags: not to be deleted, renamed or moved (0x8C000000)."""
_CONTAINERS = {
    "Users": "container",
    "Computers": "container",
    "Builtin": "builtinDomain",
    "Domain Controllers": "organizationalUnit",
    "System": "container",
    "ForeignSecurityPrincipals": "container",
    "LostAndFound": "lostAndFound",
}
_GLOBAL, _LOCAL, _UNIVERSAL, _BUILTIN = b"-2147483646", b"-2147483644", b"-2147483640", b"-2147483643"
_USERS = {"Administrator": (500, b"512"), "Guest": (501, b"66082"), "krbtgt": (502, b"514")}
"""RID and userAccountControl. Guest has no password and needs none."""
_GROUPS = {
    "Domain Admins": (512, _GLOBAL),
    "Domain Users": (513, _GLOBAL),
    "Domain Guests": (514, _GLOBAL),
    "Domain Computers": (515, _GLOBAL),
    "Domain Controllers": (516, _GLOBAL),
    "Schema Admins": (518, _UNIVERSAL),
    "Enterprise Admins": (519, _UNIVERSAL),
    "Group Policy Creator Owners": (520, _GLOBAL),
    "Protected Users": (525, _GLOBAL),
}
_BUILTIN_GROUPS = {
    "Administrators": 544,
    "Users": 545,
    "Guests": 546,
    "Account Operators": 548,
    "Server Operators": 549,
    "Print Operators": 550,
    "Backup Operators": 551,
    "Remote Desktop Users": 555,
}
_GUARDED = frozenset(
    {
        "Administrator", "krbtgt", "Domain Admins", "Domain Controllers", "Schema Admins", "Enterprise Admins",
        "Administrators", "Account Operators", "Server Operators", "Print Operators", "Backup Operators",
    }
)  # fmt: skip
"""Those whose permissions AdminSDHolder guards (MS-ADTS 3.1.1.6.1): adminCount is 1."""
_MEMBERS = {
    "Domain Admins": ["Administrator"],
    "Schema Admins": ["Administrator"],
    "Enterprise Admins": ["Administrator"],
    "Group Policy Creator Owners": ["Administrator"],
    "Administrators": ["Administrator", "Domain Admins", "Enterprise Admins"],
    "Users": ["Domain Users"],
    "Guests": ["Guest", "Domain Guests"],
}
_POLICY = {
    "minpwdlength": (b"7",),
    "pwdproperties": (b"1",),
    "pwdhistorylength": (b"24",),
    "maxpwdage": (b"-36288000000000",),
    "minpwdage": (b"-864000000000",),
    "lockoutthreshold": (b"0",),
}
"""The default domain policy on passwords."""


def begin(draft: Draft, root_dn: str) -> Node:
    """Put what no domain can be without into an empty one: the domain itself, which is returned, and a graveyard."""
    first = dn.parse(root_dn)[0]
    root = _node(
        None,
        "DC",
        first.value,
        "domainDNS",
        {"objectsid": (wire.sid_bytes(draft.sid),), "instancetype": (b"5",), **_POLICY},
    )
    _put(draft, root)
    graveyard = _node(root.guid, "CN", "Deleted Objects", "container", {"systemflags": (_KEEP_HERE,)})
    _put(draft, graveyard.setting({"isdeleted": (b"TRUE",)}))
    return root


def populate(draft: Draft, root: Node) -> None:
    """Put everything else into a domain that has begun with ``root``."""
    places: dict[str, Guid] = {}
    for name, kind in _CONTAINERS.items():
        place = _node(
            root.guid, "OU" if kind == "organizationalUnit" else "CN", name, kind, {"systemflags": (_KEEP_HERE,)}
        )
        if name == "Builtin":
            place = place.setting({"objectsid": (wire.sid_bytes("S-1-5-32"),)})
        _put(draft, place)
        places[name] = place.guid
    principals: dict[str, Guid] = {}
    for node in [*_users(draft, places["Users"]), *_groups(draft, places["Users"], places["Builtin"])]:
        # "Users" and "Guests" of CN=Builtin share no name with what is in CN=Users.
        principals[node.name] = node.guid
        _put(draft, node)
    for group, members in _MEMBERS.items():
        draft.put(draft.node(principals[group]).referring({"member": [principals[name] for name in members]}))


def foreign_principal(container: Guid, sid: str) -> Node:
    """Return the object that stands for a SID of elsewhere, to be in ``container``, CN=ForeignSecurityPrincipals."""
    return _node(container, "CN", sid, "foreignSecurityPrincipal", {"objectsid": (wire.sid_bytes(sid),)})


def _users(draft: Draft, parent: Guid) -> Iterable[Node]:
    for name, (rid, control) in _USERS.items():
        values = {"objectsid": (_sid(draft, rid),), "useraccountcontrol": (control,)}
        node = _node(parent, "CN", name, "user", {**values, "samaccountname": (name.encode(),)})
        if name != "Guest":
            node = node.setting({accounts.PASSWORD: (accounts.HELD,), accounts.PASSWORD_SET: (draft.ticks,)})
        node = accounts.born(draft, node).setting({"accountexpires": (str(NEVER).encode(),)})
        yield node.setting({"primarygroupid": (b"514" if name == "Guest" else accounts.USERS,)})


def _groups(draft: Draft, users: Guid, builtin: Guid) -> Iterable[Node]:
    for name, (rid, kind) in _GROUPS.items():
        values = {"objectsid": (_sid(draft, rid),), "grouptype": (kind,), "samaccountname": (name.encode(),)}
        yield _node(users, "CN", name, "group", values)
    for name, rid in _BUILTIN_GROUPS.items():
        sid = wire.sid_bytes(f"S-1-5-32-{rid}")
        values = {"objectsid": (sid,), "grouptype": (_BUILTIN,), "samaccountname": (name.encode(),)}
        yield _node(builtin, "CN", name, "group", {**values, "systemflags": (_KEEP_HERE,)})


def _sid(draft: Draft, rid: int) -> bytes:
    return wire.sid_bytes(f"{draft.sid}-{rid}")


def _node(parent: Guid | None, rdn_type: str, name: str, kind: str, values: Mapping[str, tuple[bytes, ...]]) -> Node:
    known = most_specific([kind])
    assert known is not None
    fixed = {"objectclass": tuple(part.encode() for part in known.chain), "instancetype": (b"4",)}
    return Node(uuid.uuid4().bytes_le, parent, rdn_type, name, {**fixed, **values})


def _put(draft: Draft, node: Node) -> None:
    node = node.setting({"iscriticalsystemobject": (b"TRUE",)})
    if node.name in _GUARDED and accounts.is_principal(node):
        node = node.setting({"admincount": (b"1",)})
    draft.put(node)
