"""Whether JSON data is what a type of the published metadata allows."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.graph.routes import GUID, check_reference
from tests.graph.schema import Property, Type, schema

_DATE = r"-?\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,12})?)?"
_FORMS = {
    "Edm.Guid": GUID,
    "Edm.Date": re.compile(_DATE),
    "Edm.TimeOfDay": re.compile(_TIME),
    "Edm.DateTimeOffset": re.compile(rf"{_DATE}T{_TIME}(?:Z|[+-]\d\d:\d\d)"),
    "Edm.Duration": re.compile(r"-?P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"),
}
_INTEGERS = {"Edm.Int16": 2**15, "Edm.Int32": 2**31, "Edm.Int64": 2**63, "Edm.Byte": 2**8}
# The name that an app or a schema extension gives to a property of its own.
EXTENSION = re.compile(r"extension_[0-9a-f]{32}_\w+|[A-Za-z][A-Za-z0-9]+_[A-Za-z]\w*")
# Annotations of an object; of one of its properties the last part says it.
_OF_OBJECT = frozenset({"@odata.type", "@odata.id", "@odata.etag", "@odata.editLink", "@odata.readLink"})
_OF_PROPERTY = frozenset({"odata.type", "odata.context", "odata.count", "odata.nextLink", "odata.navigationLink"})
_OF_PROPERTY |= {"odata.associationLink", "odata.mediaReadLink", "odata.mediaContentType", "delta", "odata.bind"}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where an object stands: ``sent`` in the body of a request, ``delta`` in a delta answer.

    ``annotated`` are annotations that it may carry beyond those of any object; they are checked elsewhere.
    """

    sent: bool = False
    delta: bool = False
    annotated: frozenset[str] = frozenset()


def check_value(value: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    """Yield what is wrong with a value of a property, parameter or result."""
    if not declared.collection:
        if value is None and not declared.nullable:
            yield f"{at}: null, which {declared.type} may not be here"
        elif value is not None:
            yield from _check_one(value, declared, at, occasion)
        return
    if not isinstance(value, list):
        yield f"{at}: {_shown(value)} where a list of {declared.type} belongs"
        return
    for index, item in enumerate(value):
        if item is None:
            if not declared.nullable:
                yield f"{at}[{index}]: null in a list of {declared.type}"
        else:
            yield from _check_one(item, declared, f"{at}[{index}]", occasion)


def _check_one(value: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    name = declared.type
    if name in schema().enums:
        allowed = schema().enums[name]
        parts = value.split(",") if isinstance(value, str) and name in schema().flags else [value]
        if not all(isinstance(part, str) and part in allowed for part in parts):
            yield f"{at}: {_shown(value)} is not one of {name}: {', '.join(sorted(allowed))}"
    elif name.startswith("Edm."):
        if not _is_primitive(value, name):
            yield f"{at}: {_shown(value)} is no {name}"
        elif isinstance(value, str) and occasion.sent and len(value) > (declared.max_length or len(value)):
            yield f"{at}: {len(value)} characters, {declared.max_length} are the most"
    else:
        kind = schema().type(name)
        if kind is not None:
            yield from check_object(value, kind, at, occasion)
        elif not isinstance(value, dict):
            yield f"{at}: {_shown(value)} where a {name} belongs"


def _is_primitive(value: Any, name: str) -> bool:
    if name == "Edm.Boolean":
        return isinstance(value, bool)
    if name in _INTEGERS:
        return isinstance(value, int) and not isinstance(value, bool) and -_INTEGERS[name] <= value < _INTEGERS[name]
    if name in ("Edm.Double", "Edm.Single", "Edm.Decimal"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if name in ("Edm.Binary", "Edm.Stream"):
        return _is_base64(value)
    return name not in _FORMS or _FORMS[name].fullmatch(value) is not None


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return False
    return True


def type_of(value: Mapping[str, Any], declared: Type, at: str) -> Type | str:
    """Return the type that an object says it has, or what is wrong with that."""
    stated = value.get("@odata.type")
    if stated is None:
        return declared
    if not isinstance(stated, str) or not stated.startswith("#microsoft.graph."):
        return f"{at}: {_shown(stated)} as @odata.type"
    name = stated.removeprefix("#microsoft.graph.")
    kind = schema().type(name)
    if kind is None or declared.name not in kind.names:
        return f"{at}: {stated} where {declared.name} belongs"
    return kind


def check_object(value: Any, declared: Type, at: str, occasion: Occasion) -> Iterator[str]:
    """Yield what is wrong with an entity or complex value."""
    if not isinstance(value, dict):
        yield f"{at}: {_shown(value)} where a {declared.name} belongs"
        return
    if declared.name == "customSecurityAttributeValue":
        return  # open: the sets are what the tenant defines
    kind = type_of(value, declared, at)
    if isinstance(kind, str):
        yield kind
        return
    # One that does not say what it is has properties of some directory object.
    kinds = schema().heirs(kind.name) if kind.name == "directoryObject" else [kind]
    for name, item in value.items():
        there = f"{at}.{name}"
        declared_as = next((one.properties[name] for one in kinds if name in one.properties), None)
        if "@" in name:
            yield from _check_annotation(name, item, kind, there, occasion)
        elif declared_as is not None:
            yield from _check_property(item, declared_as, there, occasion)
        elif not (kind.open and EXTENSION.fullmatch(name)):
            yield f"{there}: {kind.name} has no such property"


def _check_property(item: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    if occasion.sent and declared.navigation:
        yield f"{at}: a relationship is written by @odata.bind or $ref"
    elif occasion.sent and declared.read_only:
        yield f"{at}: read-only"
    else:
        yield from check_value(item, declared, at, Occasion(occasion.sent))


def _check_annotation(name: str, item: Any, kind: Type, at: str, occasion: Occasion) -> Iterator[str]:
    of, _, annotation = name.partition("@")
    if not of:
        if name == "@removed":
            yield from _check_removed(item, at, occasion)
        elif name not in _OF_OBJECT | occasion.annotated and not name.startswith("@microsoft.graph."):
            yield f"{at}: no annotation of an object here"
        elif not isinstance(item, str) and name not in occasion.annotated:
            yield f"{at}: {_shown(item)} is no text"
        return
    declared = kind.properties.get(of)
    if declared is None:
        yield f"{at}: {kind.name} has no property {of}"
    elif annotation not in _OF_PROPERTY:
        yield f"{at}: no annotation of a property"
    else:
        yield from _OF.get(annotation, _check_text)(item, declared, at, occasion)


def _check_text(item: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    if not isinstance(item, str):
        yield f"{at}: {_shown(item)} is no text"


def _check_count(item: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    if not _is_primitive(item, "Edm.Int64") or not declared.collection:
        yield f"{at}: {_shown(item)}"


def _check_removed(item: Any, at: str, occasion: Occasion) -> Iterator[str]:
    if not occasion.delta:
        yield f"{at}: only in a delta answer"
    elif not isinstance(item, dict) or item.keys() != {"reason"} or item["reason"] not in ("changed", "deleted"):
        yield f"{at}: {_shown(item)}, not a reason changed or deleted"


def _check_changes(item: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    if not occasion.delta or not declared.navigation:
        yield f"{at}: only of relationships in a delta answer"
    elif not isinstance(item, list):
        yield f"{at}: {_shown(item)} where a list belongs"
    else:
        kind = schema().type(declared.type)
        for index, entry in enumerate(item):
            there = f"{at}[{index}]"
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                yield f"{there}: {_shown(entry)} has no id"
            elif kind is not None:
                yield from check_object(entry, kind, there, Occasion(delta=True))


def _check_bind(item: Any, declared: Property, at: str, occasion: Occasion) -> Iterator[str]:
    if not occasion.sent or not declared.navigation:
        yield f"{at}: only of relationships in a request"
    elif isinstance(item, list) != declared.collection:
        yield f"{at}: {_shown(item)}"
    else:
        for link in item if isinstance(item, list) else [item]:
            yield from check_reference(link, declared, at)


_OF: dict[str, Callable[[Any, Property, str, Occasion], Iterator[str]]] = {
    "odata.count": _check_count,
    "odata.bind": _check_bind,
    "delta": _check_changes,
}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
