"""References: from people and declared objects to the objects of one directory."""

from __future__ import annotations

from dataclasses import replace

from idcode.model.addresses import Address
from idcode.model.desired import Wanted
from idcode.model.schema import AttributeType
from idcode.model.syntax import key, text_of
from idcode.model.values import Ref, Scalar
from idcode.sync.context import Context
from idcode.sync.flows import Failed
from idcode.sync.gather import DirectoryReading


def resolve(context: Context, value: Scalar, reading: DirectoryReading) -> Ref | str | None:
    """Resolve a reference for one directory: a :class:`Ref`, ``None`` (nobody there), ``frozen`` or ``unknown``."""
    target = value.target if isinstance(value, Ref) else text_of(value)
    try:
        address = Address.parse(target, context.gathered.directories)
    except ValueError:
        address = None
    if address is not None and address.type in context.populations:
        identity = context.find_identity(address)
        if identity is None:
            return "unknown"
        return context.object_of(identity, reading.name, address.rule)
    if "=" in target:
        try:
            live = reading.at(target)
        except ValueError:
            return "unknown"
        return Ref(live.anchor) if live else Ref(target)
    return Ref(target) if key(target) in reading.view.objects else "unknown"


def resolved(context: Context, reading: DirectoryReading, attribute: AttributeType, wanted: Wanted) -> Wanted | Failed:
    """Turn references to people and declared objects into references to the objects of one directory."""
    found: list[Scalar] = []
    for value in wanted.add if wanted.delta else wanted.values:
        target = resolve(context, value, reading)
        if target == "frozen":
            return Failed(attribute.name, f"{text_of(value)} is frozen", True)
        if target == "unknown":
            return Failed(attribute.name, f"{text_of(value)} names nobody", False)
        if isinstance(target, Ref):
            found.append(target)
    return replace(wanted, add=tuple(found)) if wanted.delta else replace(wanted, values=tuple(found))
