"""What Graph keeps at addresses of its own: members, owners, managers, authority; read for many objects at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.objects import Decoder, Flat, reference
from idcode.model.records import ObjectType

PLACES: Mapping[ObjectType, str] = {
    "user": "/users",
    "group": "/groups",
    "administrative_unit": "/directory/administrativeUnits",
}
"""Where the objects of a type are."""
_LISTS = ("members", "owners")
_IDS_PER_FILTER = 15
"""How many values ``in`` takes (page *Use the $filter query parameter*)."""


def links_url(object_type: ObjectType, anchor: str, name: str) -> str:
    """Return the address of the list of members or owners of an object."""
    return f"{PLACES[object_type]}/{anchor}/{name}?$select=id&$top=999"


def equals(name: str, value: str) -> str:
    """Return an encoded ``$filter`` for a property that has a text (quotes in it are doubled)."""
    escaped = value.replace("'", "''")
    return quote(f"{name} eq '{escaped}'", safe="'")


def is_any_of(anchors: Sequence[str]) -> str:
    """Return an encoded ``$filter`` for these ids."""
    return quote("id in (" + ",".join(f"'{anchor}'" for anchor in anchors) + ")", safe="(),'")


def complete(
    graph: Graph, decoder: Decoder, object_type: ObjectType, flats: Mapping[str, Flat], names: frozenset[str]
) -> Iterator[Flat]:
    """Add to objects, by anchor, what of ``names`` is read apart from them; yield those that are still there."""
    gone: set[str] = set()
    for name in _LISTS:
        if name in names:
            urls = {links_url(object_type, anchor, name): anchor for anchor in flats}
            _read(graph, urls, flats, gone, _adder(name))
    if "isCloudManaged" in names:
        synced = [anchor for anchor, flat in flats.items() if flat.get("onPremisesSyncEnabled") == (True,)]
        urls = {authority_url(object_type, anchor): anchor for anchor in synced}
        _read(graph, urls, flats, gone, lambda flat, found: flat.update(decoder.flat(found[0])))
    single = decoder.schema.canonical(object_type, names & decoder.schema.apart - {"isCloudManaged"})
    if single:
        fields = ",".join(["id", *sorted(single)])
        having = [anchor for anchor, flat in flats.items() if _may_have(object_type, flat)]
        urls = {f"{PLACES[object_type]}/{anchor}?$select={fields}": anchor for anchor in having}
        _read(graph, urls, flats, gone, lambda flat, found: flat.update(decoder.flat(found[0])))
    yield from (flat for anchor, flat in flats.items() if anchor not in gone)


def add_managers(graph: Graph, flats: Mapping[str, Flat]) -> None:
    """Add the managers of users, fifteen per request; a listing of all users expands them instead."""
    ordered = sorted(flats)
    chunks = [ordered[start : start + _IDS_PER_FILTER] for start in range(0, len(ordered), _IDS_PER_FILTER)]
    urls = [f"/users?$filter={is_any_of(some)}&$select=id&$expand=manager($select=id)" for some in chunks]
    for _, found in graph.read_all(urls):
        for item in found or ():
            manager = item.get("manager")
            flats[str(item["id"]).lower()]["manager"] = (reference(manager),) if manager else ()


def authority_url(object_type: ObjectType, anchor: str) -> str:
    """Return the address that says which directory masters an object."""
    return f"{PLACES[object_type]}/{anchor}/onPremisesSyncBehavior?$select=isCloudManaged"


def _may_have(object_type: ObjectType, flat: Flat) -> bool:
    """Only Microsoft 365 groups have the properties that are read singly (page *group resource type*)."""
    return object_type != "group" or flat["category"] == ("microsoft365",)


def _adder(name: str) -> Callable[[Flat, list[Any]], None]:
    def add(flat: Flat, found: list[Any]) -> None:
        flat[name] = tuple(sorted(reference(item) for item in found))

    return add


def _read(
    graph: Graph,
    urls: Mapping[str, str],
    flats: Mapping[str, Flat],
    gone: set[str],
    add: Callable[[Flat, list[Any]], None],
) -> None:
    """Read each address for its object; one that is not found is of an object deleted meanwhile."""
    for url, found in graph.read_all(list(urls)):
        if found is None:
            gone.add(urls[url])
        else:
            add(flats[urls[url]], found)
