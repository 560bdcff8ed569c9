"""Searching a domain (RFC 4511, 4.5; MS-ADTS 3.1.1.3.1.3): which objects, which attributes, and how much at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from idcode.directories.ad.constants import (
    CONTROL_DOMAIN_SCOPE,
    CONTROL_EXTENDED_DN,
    CONTROL_SD_FLAGS,
    CONTROL_SHOW_DELETED,
)
from idcode.directories.ad.operations import Control, Entry, SearchScope
from idcode.directories.ad.values import guid_bytes
from idcode.directories.sandbox import access
from idcode.directories.sandbox.domain import Domain
from idcode.directories.sandbox.filters import Filter, compile_filter
from idcode.directories.sandbox.results import bad_control
from idcode.directories.sandbox.tree import Guid, Node
from idcode.directories.sandbox.view import Form, View
from idcode.model import dn

CONTROL_SHOW_RECYCLED = "1.2.840.113556.1.4.2064"
CONTROL_PERMISSIVE = "1.2.840.113556.1.4.1413"
KNOWN_CONTROLS = frozenset(
    {
        CONTROL_DOMAIN_SCOPE,
        CONTROL_EXTENDED_DN,
        CONTROL_PERMISSIVE,
        CONTROL_SD_FLAGS,
        CONTROL_SHOW_DELETED,
        CONTROL_SHOW_RECYCLED,
    }
)
_RANGE = re.compile(r"([^;]+);range=(\d+)-(\d+|\*)", re.IGNORECASE)
MAX_VALUES = 1500
"""Values of one attribute in one answer (MaxValRange, MS-ADTS 3.1.1.3.4.6)."""


def check_controls(controls: Iterable[Control]) -> None:
    """Raise :class:`Refused` (12) for a critical control that is not known."""
    if any(critical and oid not in KNOWN_CONTROLS for oid, critical, _ in controls):
        raise bad_control()


def shows_deleted(controls: Iterable[Control]) -> bool:
    """Whether deleted objects are asked for."""
    return any(oid in (CONTROL_SHOW_DELETED, CONTROL_SHOW_RECYCLED) for oid, _, _ in controls)


def matching(domain: Domain, base: str, text: str, scope: SearchScope, deleted: bool) -> list[Node]:
    """Return the objects that a search selects.

    Raises :class:`Refused` where ``base`` does not exist, ``BadFilter`` for what is no filter.
    """
    tree = domain.tree
    start = domain.need(base, deleted)
    view = View(tree)
    wanted = compile_filter(text, domain.schema, lambda name, target: _chain(domain, name, target))
    if scope == "base":
        candidates: Iterable[Node] = (start,)
    elif scope == "level":
        candidates = tree.children(start)
    else:
        found = _anchored(domain, wanted)
        candidates = tree.below(start) if found is None else (node for node in found if tree.is_below(node, start))
    return [
        node
        for node in candidates
        if (deleted or not node.deleted) and wanted.matches(lambda name, node=node: view.values(node, name))  # type: ignore[misc]
    ]


def entries(
    domain: Domain, nodes: Iterable[Node], attributes: Sequence[str], controls: Sequence[Control]
) -> list[Entry]:
    """Return objects as a search with these attributes and controls shows them."""
    view = View(domain.tree, _form(controls))
    return [Entry(view.dn(node), dict(_selected(view, domain, node, attributes))) for node in nodes]


def special_entry(domain: Domain, base: str, attributes: Sequence[str]) -> Entry | None:
    """Return the rootDSE (MS-ADTS 3.1.1.3.2), and the part of the configuration that says which server this is."""
    service = f"CN=NTDS Settings,CN={domain.server},CN=Servers,CN=Default-First-Site-Name,CN=Sites"
    service_dn = f"{service},CN=Configuration,{domain.root_dn}"
    if base == "":
        held = {
            "configurationNamingContext": f"CN=Configuration,{domain.root_dn}",
            "defaultNamingContext": domain.root_dn,
            "dnsHostName": domain.server,
            "dsServiceName": service_dn,
            "highestCommittedUSN": str(domain.usn),
            "rootDomainNamingContext": domain.root_dn,
            "schemaNamingContext": f"CN=Schema,CN=Configuration,{domain.root_dn}",
        }
        return _only(Entry("", {name: [text.encode("utf-8")] for name, text in held.items()}), attributes)
    if base[:17].lower() != "cn=ntds settings," or dn.key(base) != dn.key(service_dn):
        return None
    return _only(Entry(service_dn, {"invocationId": [guid_bytes(domain.invocation_id)]}), attributes)


def _only(entry: Entry, attributes: Sequence[str]) -> Entry:
    wanted = {name.lower() for name in attributes}
    kept = {name: raw for name, raw in entry.values.items() if "*" in wanted or name.lower() in wanted}
    return Entry(entry.dn, kept)


def _selected(
    view: View, domain: Domain, node: Node, attributes: Sequence[str]
) -> Iterator[tuple[str, Sequence[bytes]]]:
    names: dict[str, tuple[int, int | None] | None] = {}
    for spelled in attributes:
        match = _RANGE.fullmatch(spelled)
        if spelled == "*":
            names |= dict.fromkeys(view.names(node))
        elif match:
            names[match[1].lower()] = int(match[2]), None if match[3] == "*" else int(match[3])
        else:
            names.setdefault(spelled.lower(), None)
    for name, bounds in names.items():
        raw = view.values(node, name)
        if raw:
            known = domain.schema.attributes.spelled(name)
            yield _ranged(known, raw, bounds)


def _ranged(name: str, raw: Sequence[bytes], bounds: tuple[int, int | None] | None) -> tuple[str, Sequence[bytes]]:
    """Cut long lists into parts (MS-ADTS 3.1.1.3.1.3.3); the name of the last part ends in ``*``."""
    if bounds is None and len(raw) <= MAX_VALUES:
        return name, raw
    first, last = bounds or (0, None)
    end = min(first + MAX_VALUES, len(raw) if last is None else last + 1)
    return f"{name};range={first}-{'*' if end >= len(raw) else end - 1}", raw[first:end]


def _form(controls: Sequence[Control]) -> Form:
    for oid, _, value in controls:
        if oid == CONTROL_EXTENDED_DN:
            return Form(True, not value or value[-1] == 0, access.parts_of(controls))
    return Form(descriptor_parts=access.parts_of(controls))


def _anchored(domain: Domain, wanted: Filter) -> list[Node] | None:
    """Return the objects that can match at all, where the filter names values that objects are found by."""
    if wanted.anchors is None:
        return None
    found: set[Guid] = set()
    for name, value in wanted.anchors:
        if name == "objectguid":
            node = domain.tree.by_guid(str(value))
            found |= {node.guid} if node else set()
        else:
            found |= {node.guid for node in domain.tree.find(name, value)}
    return domain.tree.in_order(found)


def _chain(domain: Domain, name: str, target: str) -> set[object]:
    """Return the ``dn.key`` of all objects from which links lead to ``target`` (LDAP_MATCHING_RULE_IN_CHAIN)."""
    tree = domain.tree
    node, _ = tree.walk(target)
    if node is None:
        return set()
    forward = name in tree.schema.links or name not in {*tree.schema.links.values()}
    back = {back: link for link, back in tree.schema.links.items() if back}
    seen, todo = set(), [node.guid]
    while todo:
        guid = todo.pop()
        following = tree.referring(guid, name) if forward else tree.nodes[guid].refers(back[name])
        for other in following:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return {dn.key(tree.dn(tree.nodes[guid])) for guid in seen}
