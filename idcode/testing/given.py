"""What a test gives, in the form in which the engine reads it."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Collection, Iterable, Mapping

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


def source_readings(
    repository: Repository, columns: Mapping[str, Collection[str]], given: Given
) -> dict[str, SourceReading]:
    """Return every source of the repository as read completely, with the records that are given and no other.

    Columns that a record leaves out are null. What a source insists on (``required``, ``max_shrink`` …) is about
    whole files, and does not count here.
    """
    found = {}
    for name, settings in repository.sources.items():
        assert isinstance(settings, SourceLimits)
        limits = settings.model_copy(update={"max_shrink": None})
        records = _records(name, settings.key, columns[name], given.sources.get(name, ()))
        kind = str(getattr(settings, "type", ""))
        found[name] = SourceReading(name, kind, limits, records, Proof(True, "test", len(records)))
    return found


def _records(source: str, key: str, columns: Collection[str], rows: Iterable[Mapping[str, Value]]) -> dict[str, Record]:
    values: dict[str, dict[str, Value]] = {}
    for row in rows:
        # An empty cell is null, as it is in the files of sources.
        values.setdefault(str(row[key]), dict.fromkeys(sorted(columns))).update(
            {column: value or None for column, value in row.items()}
        )
    return {name: Record(source, name, found) for name, found in values.items()}


def live_objects(
    directory: str, base_dn: str, root_dn: str, schema: DirectorySchema, objects: Iterable[GivenObject]
) -> list[LiveObject]:
    """Return the given objects of a directory as they would be read, and the OUs of their paths.

    Raises ``DirectoryError`` for what cannot be.
    """
    objects = list(objects)
    objects += _units(objects)
    places = {dn.key(_living(base_dn, one)): _dn(directory, base_dn, root_dn, one) for one in objects}
    return [_live(directory, base_dn, root_dn, schema, one, places) for one in objects]


def _live(
    directory: str,
    base_dn: str,
    root_dn: str,
    schema: DirectorySchema,
    one: GivenObject,
    places: Mapping[tuple[tuple[str, str], ...], str],
) -> LiveObject:
    attributes: dict[str, tuple[Scalar, ...]] = {}
    if one.object == "group":
        attributes |= {"sAMAccountName": (one.name,), "category": ("security",), "scope": ("global",)}
    for name, value in one.attributes.items():
        known = schema.find(name)
        if known is None and name not in ("category", "scope"):
            raise DirectoryError(f"{one.name} cannot be given: {directory} has no attribute {name}")
        spelled, kind = schema.spelled(name), schema.kind(name)
        texts = () if not value else (value,) if isinstance(value, str) else value
        attributes[spelled] = tuple(_scalar(text, kind, base_dn, places, f"{one.name}: {name}") for text in texts)
    guid = attributes.pop("objectGUID", (_guid(directory, base_dn, one),))
    return LiveObject(
        anchor=str(guid[0]).lower(),
        dn=_dn(directory, base_dn, root_dn, one),
        object_type=one.object,
        attributes={name: values for name, values in attributes.items() if values},
        enabled=one.enabled if one.object == "user" else None,
        mark=one.mark,
        needs_password=one.mark == "new",
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


def _living(base_dn: str, one: GivenObject) -> str:
    return dn.child(dn.under(base_dn, split_path(one.path)), "OU" if one.object == "ou" else "CN", one.name)


def _guid(directory: str, base_dn: str, one: GivenObject) -> str:
    return str(uuid.uuid5(_GUIDS, f"{directory}/{_living(base_dn, one).lower()}/{one.deleted}"))


def _dn(directory: str, base_dn: str, root_dn: str, one: GivenObject) -> str:
    """Return where an object stands; deleted ones under the name that AD gives them (MS-ADTS 3.1.1.5.5)."""
    if not one.deleted:
        return _living(base_dn, one)
    guid = one.attributes.get("objectGUID") or _guid(directory, base_dn, one)
    kind = "OU" if one.object == "ou" else "CN"
    return dn.child(f"CN=Deleted Objects,{root_dn}", kind, f"{one.name}\nDEL:{guid}")


def _scalar(
    text: str, kind: Kind, base_dn: str, places: Mapping[tuple[tuple[str, str], ...], str], where: str
) -> Scalar:
    if kind is Kind.REFERENCE:
        return Ref(_target(text, base_dn, places, where))
    if kind is Kind.BINARY:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise DirectoryError(f"{where} holds bytes, and {text!r} is not Base64") from None
    return text


def _target(text: str, base_dn: str, places: Mapping[tuple[tuple[str, str], ...], str], where: str) -> str:
    """Return the DN of a given object that is named by its path and name, or the DN that was written."""
    try:
        if "=" in text:
            return dn.build(dn.parse(text))
        *path, name = split_path(text)
    except ValueError as problem:
        raise DirectoryError(f"{where}: {problem}") from None
    above = dn.under(base_dn, tuple(path))
    for kind in ("CN", "OU"):
        found = places.get(dn.key(dn.child(above, kind, name)))
        if found is not None:
            return found
    raise DirectoryError(
        f"{where}: no given object is at {text!r}", "Write its path and name: People/Staff/Ada Brisling"
    )
