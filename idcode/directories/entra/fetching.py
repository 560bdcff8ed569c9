"""Reading single objects again, hundreds per request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from idcode.directories.entra.bench import Bench
from idcode.directories.entra.graph.calls import Call, Graph
from idcode.directories.entra.links import add_managers, complete
from idcode.directories.entra.memory import Seen
from idcode.directories.entra.objects import Decoder, Flat, anchor_of
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, ObjectType

EVERYTHING = "*"
_IDS_PER_CALL = 1000
"""How many ids ``getByIds`` takes (page *directoryObject: getByIds*)."""
_TYPES: Mapping[ObjectType, str] = {"user": "user", "group": "group", "administrative_unit": "administrativeUnit"}
_BY_ODATA: Mapping[str, ObjectType] = {
    "#microsoft.graph.user": "user",
    "#microsoft.graph.group": "group",
    "#microsoft.graph.administrativeUnit": "administrative_unit",
}


def fetch(bench: Bench, anchors: Collection[str], attributes: Iterable[str]) -> dict[str, LiveObject]:
    """Read objects, deleted ones included, as far as this run knows them; ``*`` means all attributes."""
    asked = frozenset(attributes)

    def read(some: Iterable[str]) -> dict[str, Seen]:
        return {anchor_of(seen.flat): seen for seen in _read(bench, sorted(some), asked)}

    found = bench.memory.look(anchors, read)
    return {anchor: _live(bench.decoder, seen, asked) for anchor, seen in sorted(found.items())}


def _live(decoder: Decoder, seen: Seen, asked: frozenset[str]) -> LiveObject:
    names = None if EVERYTHING in asked else decoder.schema.canonical(seen.object_type, asked)
    return decoder.live(seen.object_type, seen.flat, names, deleted=seen.deleted)


def _read(bench: Bench, anchors: Sequence[str], asked: frozenset[str]) -> Iterator[Seen]:
    for anchor in anchors:
        if "@" in anchor:
            flat = bench.roles.fetch(anchor)
            if flat is not None:
                yield Seen("role_assignment" if "@/" in anchor else "app_role_assignment", flat)
    missing = {anchor for anchor in anchors if "@" not in anchor}
    for object_type in _TYPES:
        for seen in _of_type(bench, object_type, sorted(missing), asked):
            missing.discard(anchor_of(seen.flat))
            yield seen
    yield from _elsewhere(bench, sorted(missing))


def _of_type(bench: Bench, object_type: ObjectType, anchors: Sequence[str], asked: frozenset[str]) -> Iterator[Seen]:
    schema = bench.decoder.schema
    everything = schema.holds[object_type] - (schema.apart - {"isCloudManaged"})
    names = schema.canonical(object_type, everything if EVERYTHING in asked else asked)
    for flat in by_ids(bench.graph, bench.decoder, object_type, anchors, names):
        yield Seen(object_type, flat)


def _elsewhere(bench: Bench, anchors: Sequence[str]) -> Iterator[Seen]:
    """Look for deleted objects, and for those of types that idcode does not write."""
    urls = {f"/directory/deletedItems/{anchor}": anchor for anchor in anchors}
    left = set(anchors)
    for url, found in bench.graph.read_all(list(urls)):
        for item in found or ():
            left.discard(urls[url])
            yield _seen(bench.decoder, item, deleted=True)
    if left:
        for item in _post(bench.graph, "id,displayName", {"ids": sorted(left)}):
            seen = _seen(bench.decoder, item, deleted=False)
            if seen.object_type not in _TYPES:  # else it became visible just now, and was not read with its type
                yield seen


def _seen(decoder: Decoder, item: Mapping[str, Any], *, deleted: bool) -> Seen:
    return Seen(_BY_ODATA.get(str(item.get("@odata.type")), "other"), decoder.flat(item), deleted)


def by_ids(
    graph: Graph, decoder: Decoder, object_type: ObjectType, anchors: Sequence[str], names: frozenset[str]
) -> Iterator[Flat]:
    """Read objects of one type with the attributes ``names``; those that are not there are left out."""
    fields = decoder.schema.select(object_type, names, decoder.mark_in)
    for start in range(0, len(anchors), _IDS_PER_CALL):
        body = {"ids": list(anchors[start : start + _IDS_PER_CALL]), "types": [_TYPES[object_type]]}
        flats = {anchor_of(flat): flat for flat in map(decoder.flat, _post(graph, fields, body))}
        if object_type == "user" and "manager" in names and flats:
            add_managers(graph, flats)
        yield from complete(graph, decoder, object_type, flats, names)


def _post(graph: Graph, fields: str, body: Mapping[str, Any]) -> list[Any]:
    (answer,) = graph.send([Call("1", "POST", f"/directoryObjects/getByIds?$select={fields}", body)])
    if not answer.ok:
        raise DirectoryError(f"objects cannot be read again: {answer.error or 'no answer'}")
    items: list[Any] = answer.body["value"]
    link = answer.body.get("@odata.nextLink")
    for page in graph.pages(link) if link else ():
        items += page
    return items
