"""What groups of an Entra tenant have that those of a domain have not: dynamic rules, licences, a name for good."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from idcode.config.models.objects import Group, Licence
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.records import LiveObject
from idcode.model.syntax import text_of
from idcode.sync.gather import DirectoryReading


def set_cloud_attributes(reading: DirectoryReading, group: Group, name: str, wanted: DesiredObject) -> None:
    """Put into ``wanted`` what the declaration of a group says, members and owners aside."""
    attributes = wanted.attributes
    attributes["displayName"] = attributes["mailNickname"] = Wanted((name,))
    attributes["category"] = Wanted((group.category,))
    if group.membership_rule is not None:
        attributes["membershipRule"] = Wanted((group.membership_rule,) if group.membership_rule else ())
    if "licences" in group.model_fields_set:
        attributes["licences"] = Wanted(tuple(licence_text(one) for one in group.licences))
    if group.role_assignable:
        attributes["isAssignableToRole"] = Wanted((True,))
    if wanted.live is None:
        attributes["uniqueName"] = Wanted((_unique_name(reading, name),))


def licence_text(licence: Licence) -> str:
    """Return a licence as one value: ``SPE_E5 -SWAY``, the plans that are switched off in order."""
    return " ".join([licence.sku, *sorted(f"-{plan}" for plan in licence.disabled_plans)])


def _unique_name(reading: DirectoryReading, name: str) -> str:
    """Return a name that no group has or had: a creation that is repeated by it finds its own group and no other.

    A group keeps it for good, so that one which was renamed still has the former one (Graph page "Upsert group").
    """
    taken = {
        text_of(value).lower()
        for live in reading.view.objects.values()
        if live.object_type == "group"
        for value in live.get("uniqueName")
    }
    candidates = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(candidate for candidate in candidates if candidate.lower() not in taken)


def by_label(reading: DirectoryReading) -> Mapping[str, list[LiveObject]]:
    """Return the living groups by how people know them, in lower case: several may be called the same."""
    found: dict[str, list[LiveObject]] = {}
    for live in reading.view.objects.values():
        if live.object_type == "group" and not live.deleted:
            for value in live.get(reading.view.schema.terms.label):
                found.setdefault(text_of(value).lower(), []).append(live)
    return found
