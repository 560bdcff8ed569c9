"""What a test gives, in the form in which the engine reads it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idcode.config.models.project import SourceLimits
from idcode.config.models.tests import Given, GivenObject, Value
from idcode.config.project import Repository
from idcode.model import dn
from idcode.model.addresses import join_path, split_path
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, Proof, Record
from idcode.model.schema import DirectorySchema, Kind
from idcode.model.values import Ref, Scalar
from idcode.sync.gather import SourceReading

Places = Mapping[tuple[tuple[str, str], ...], str]
"""By path and name (as the key of a DN): the DN of a given object, which for deleted ones is another."""
_GUIDS = uuid.UUID("c2b1ad1e-54a5-4d43-8f8c-1f0d5a0c7e11")
"""Whence the objectGUID of an object is made that the test gives none: the same in every run."""


def merged(common: Given, own: Given) -> Given:
    """Return what a file gives to all tests together with what one test gives.

    A record of the same key overrides column by column, an object at the same place as a whole.
    """
    sources = {
        name: [*common.sources.get(name, ()), *own.sources.get(name, ())] for name in {**common.sources, **own.sources}
    }
    objects = {}
    for name in {**common.objects, **own.objects}:
        both = [*common.objects.get(name, ()), *own.objects.get(name, ())]
        objects[name] = list({(one.path.lower(), one.name.lower(), one.deleted): one for one in both}.values())
    return Given(sources=sources, objects=objects)


def source_readings(repository: Repository, given: Given) -> dict[str, SourceReading]:
    """Return every source of the repository as read completely, with the records that are given and no other.

    Columns that a record leaves out are null, as they are to every expression. What a source insists on (``required``,
    ``max_shrink`` …) is about whole files, and does not count here.
    """
    found = {}
    for name, settings in repository.sources.items():
        assert isinstance(settings, SourceLimits)
        limits = settings.model_copy(update={"max_shrink": None})
        records = _records(name, settings.key, given.sources.get(name, ()))
        kind = str(getattr(settings, "type", ""))
        found[name] = SourceReading(name, kind, limits, records, Proof(True, "test", len(records)))
    return found


def _records(source: str, key: str, rows: Iterable[Mapping[str, Value]]) -> dict[str, Record]:
    values: dict[str, dict[str, Value]] = {}
    for row in rows:
        # An empty cell is null, as it is in the files of sources.
        values.setdefault(str(row[key]), {}).update({column: value or None for column, value in row.items()})
    return {name: Record(source, name, found) for name, found in values.items()}


@dataclass(frozen=True, slots=True)
class Realm:
    """A directory to fill: its name, where its paths begin, and what its objects can have.

    ``back_links`` maps attributes that follow from those of other objects (in lower case) to these.
    """

    name: str
    base_dn: str
    root_dn: str
    schema: DirectorySchema
    back_links: Mapping[str, str]


def live_objects(realm: Realm, objects: Iterable[GivenObject]) -> list[LiveObject]:
    """Return the given objects of a directory as they would be read, and the OUs of their paths.

    Raises ``DirectoryError`` for what cannot be.
    """
    objects = list(objects)
    objects += _units(objects)
    places = {dn.key(_living(realm, one)): _dn(realm, one) for one in objects}
    return [_live(realm, one, places) for one in objects]


def _live(realm: Realm, one: GivenObject, places: Places) -> LiveObject:
    attributes: dict[str, tuple[Scalar, ...]] = {}
    if one.object == "group":
        attributes |= {"sAMAccountName": (one.name,), "category": ("security",), "scope": ("global",)}
    for name, value in one.attributes.items():
        where = f"{name} of {one.name}"
        if name.lower() in realm.back_links:
            raise DirectoryError(f"{where} follows from {realm.back_links[name.lower()]} of other objects: give those")
        if realm.schema.find(name) is None and name not in ("category", "scope"):
            raise DirectoryError(f"{where} cannot be given: {realm.name} has no such attribute")
        texts = () if not value else (value,) if isinstance(value, str) else value
        kind = realm.schema.kind(name)
        attributes[realm.schema.spelled(name)] = tuple(_scalar(realm, text, kind, places, where) for text in texts)
    return LiveObject(
        anchor=_guid(realm, one),
        dn=_dn(realm, one),
        object_type=one.object,
        attributes={name: values for name, values in attributes.items() if values and name != "objectGUID"},
        enabled=one.enabled if one.object == "user" else None,
        mark=one.mark,
        deleted=one.deleted,
    )


def _units(objects: Iterable[GivenObject]) -> list[GivenObject]:
    """Return the OUs on the way to ``objects`` that are not among them."""
    given = {(one.path.lower(), one.name.lower()) for one in objects if one.object == "ou"}
    found: dict[tuple[str, str], GivenObject] = {}
    for one in objects:
        names = split_path(one.path)
        for depth in range(len(names)):
            path = join_path(names[:depth])
            if (path.lower(), names[depth].lower()) not in given:
                unit = GivenObject(object="ou", name=names[depth], path=path)
                found.setdefault((path.lower(), unit.name.lower()), unit)
    return list(found.values())


def _living(realm: Realm, one: GivenObject) -> str:
    return dn.child(dn.under(realm.base_dn, split_path(one.path)), "OU" if one.object == "ou" else "CN", one.name)


def _guid(realm: Realm, one: GivenObject) -> str:
    """Return the objectGUID that is given, or one that is the same in every run."""
    written = next((value for name, value in one.attributes.items() if name.lower() == "objectguid"), None)
    if written is None:
        return str(uuid.uuid5(_GUIDS, f"{realm.name}/{_living(realm, one).lower()}/{one.deleted}"))
    try:
        return str(uuid.UUID(str(written)))
    except ValueError:
        raise DirectoryError(f"objectGUID of {one.name} is not a GUID: {written}") from None


def _dn(realm: Realm, one: GivenObject) -> str:
    """Return where an object stands; deleted ones under the name that AD gives them (MS-ADTS 3.1.1.5.5)."""
    if not one.deleted:
        return _living(realm, one)
    kind = "OU" if one.object == "ou" else "CN"
    return dn.child(f"CN=Deleted Objects,{realm.root_dn}", kind, f"{one.name}\nDEL:{_guid(realm, one)}")


def _scalar(realm: Realm, text: str, kind: Kind, places: Places, where: str) -> Scalar:
    if kind is Kind.REFERENCE:
        return Ref(_target(realm, text, places, where))
    if kind is Kind.BINARY:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise DirectoryError(f"{where} holds bytes, and {text!r} is not Base64") from None
    return text


def _target(realm: Realm, text: str, places: Places, where: str) -> str:
    """Return the DN of a given object that is named by its path and name, or the DN that was written."""
    try:
        if "=" in text:
            return dn.build(dn.parse(text))
        *path, name = split_path(text)
    except ValueError as problem:
        raise DirectoryError(f"{where}: {problem}") from None
    above = dn.under(realm.base_dn, tuple(path))
    for kind in ("CN", "OU"):
        found = places.get(dn.key(dn.child(above, kind, name)))
        if found is not None:
            return found
    raise DirectoryError(f"{where}: no given object is at {text!r}", "Write path and name: People/Staff/Ada Brisling")
