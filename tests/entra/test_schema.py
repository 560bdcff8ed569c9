"""What the adapter says of attributes, held against what a sync makes of those of Active Directory."""

from __future__ import annotations

import pytest

from idcode.directories.entra.schema import entra_schema
from idcode.directories.sandbox.tenant.connect import exported
from idcode.model.records import LiveObject

NOT_BY_ITS_TEXT = {"onPremisesImmutableId", "members"}
RENAMED = {
    attribute.name: str(attribute.on_premises)
    for attribute in entra_schema().attributes
    if attribute.on_premises not in (None, attribute.name) and attribute.name not in NOT_BY_ITS_TEXT
}


@pytest.mark.parametrize(("name", "in_ad"), RENAMED.items(), ids=RENAMED)
def test_people_are_told_to_write_the_attribute_that_the_sync_reads(name: str, in_ad: str) -> None:
    account = {"sAMAccountName": ("ada",), in_ad: ("value",)}
    anchor = "00000000-0000-4000-8000-000000000001"
    synced = exported(LiveObject(anchor, "CN=Ada,DC=contoso,DC=example", "user", account), ["objectGUID"])
    assert synced is not None
    assert synced.properties[name] in ("value", ["value"])
