"""From Graph's JSON to live objects: one level deep, null and empty left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idcode.directories.entra.licences import direct
from idcode.directories.entra.schema import NESTED, EntraSchema
from idcode.directories.entra.tenant import Tenant
from idcode.model.records import LiveObject, ObjectType
from idcode.model.schema import Kind
from idcode.model.syntax import text_of
from idcode.model.values import Ref, Scalar, parse_iso

Flat = dict[str, tuple[Scalar, ...]]
"""Attributes by name; one that was read and has no value is an empty tuple, one that was not read is missing."""
MARK_PREFIX = "idcode:"
MARK_NEW = "idcode:new"
"""Created by idcode, and nobody has been handed a password yet."""
MARK_DISABLED = "idcode:disabled"
"""Disabled by idcode, so that idcode may enable it again."""
_MARKS: Mapping[str, Literal["new", "disabled"]] = {MARK_NEW: "new", MARK_DISABLED: "disabled"}


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads the objects of one tenant. ``mark_in`` is the attribute of users that holds idcode's mark."""

    schema: EntraSchema
    mark_in: str
    tenant: Tenant

    def flat(self, item: Mapping[str, Any]) -> Flat:
        """Return the attributes of a resource. Raises ``ValueError``."""
        found: Flat = {}
        plain = self.schema.plain
        for name, value in item.items():
            if name in plain:
                found[name] = () if value is None else tuple(value) if isinstance(value, list) else (value,)
            elif name in NESTED:
                found.update(dict.fromkeys(NESTED[name], ()))
                for part, one in (value or {}).items():
                    if one is not None and part in NESTED[name]:
                        found[part] = self._values(part, one)
            elif name == "licenseAssignmentStates":
                found["licences"] = tuple(sorted(self.tenant.skus.text(state) for state in direct(value or ())))
            elif name == "assignedLicenses":
                found["licences"] = tuple(sorted(self.tenant.skus.text(licence) for licence in value or ()))
            elif name in self.schema.kinds:
                found[name] = self._values(name, value)
        if "groupTypes" in found:
            found["category"] = (_category(found),)
        return found

    def written(self, body: Mapping[str, Any]) -> Flat:
        """Return the attributes that the body of a write speaks of: parts that it does not name stay as they are."""
        left_out = {
            part for name, parts in NESTED.items() if body.get(name) for part in parts if part not in body[name]
        }
        return {name: values for name, values in self.flat(body).items() if name not in left_out}

    def _values(self, name: str, value: Any) -> tuple[Scalar, ...]:
        if value is None:
            return ()
        kind = self.schema.kinds[name]
        if isinstance(value, list):
            return tuple(_scalar(one, kind) for one in value)
        return (_scalar(value, kind),)

    def live(
        self,
        object_type: ObjectType,
        flat: Flat,
        names: frozenset[str] | None = None,
        *,
        deleted: bool = False,
        scopes: frozenset[str] = frozenset(),
    ) -> LiveObject:
        """Return the object with the attributes ``names``, in the schema's spelling, of those that were read.

        ``None`` means all.
        """
        kept = self.schema.canonical(object_type, flat) if names is None else names
        mark = _MARKS.get(_text(flat, self.mark_in)) if object_type == "user" else None
        return LiveObject(
            anchor=_text(flat, "id"),
            dn=_name(object_type, flat, deleted),
            object_type=object_type,
            attributes={name: values for name in sorted(kept) if (values := flat.get(name, ()))},
            enabled=flat.get("accountEnabled", ()) == (True,) if object_type == "user" else None,
            mark=mark,
            needs_password=mark == "new",
            deleted=deleted,
            scopes=scopes,
            synced=flat.get("onPremisesSyncEnabled", ()) == (True,) and flat.get("isCloudManaged", ()) != (True,),
        )


def anchor_of(flat: Flat) -> str:
    """Return the id of an object that was read."""
    return _text(flat, "id")


def reference(item: Mapping[str, Any]) -> Ref:
    """Return the reference to a directory object of a listing."""
    return Ref(str(item["id"]).lower())


def _scalar(value: Any, kind: Kind) -> Scalar:
    if not isinstance(value, str):
        return reference(value) if isinstance(value, Mapping) else value
    if kind is Kind.TIME:
        return parse_iso(value)
    return value.lower() if kind is Kind.GUID else value


def _category(flat: Flat) -> str:
    """Return the kind of a group (page *Working with groups*): what it is for, and so who can change it."""
    if "Unified" in flat["groupTypes"]:
        return "microsoft365"
    if flat.get("mailEnabled") == (True,):
        return "mail-enabled" if flat.get("securityEnabled") == (True,) else "distribution"
    return "security"


def _name(object_type: ObjectType, flat: Flat, deleted: bool) -> str:
    if object_type != "user":
        return _text(flat, "displayName") or _text(flat, "id")
    name = _text(flat, "userPrincipalName") or _text(flat, "id")
    # A deleted user's UPN is put behind the id without dashes, so that it can be given away.
    return name.removeprefix(_text(flat, "id").replace("-", "")) if deleted else name


def _text(flat: Flat, name: str) -> str:
    values = flat.get(name, ())
    return text_of(values[0]) if values else ""
