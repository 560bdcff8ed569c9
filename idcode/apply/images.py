"""Objects as the journal keeps them: what was there before a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idcode.model.records import LiveObject
from idcode.model.values import as_tuple, from_json, to_json


def encode_live(live: LiveObject) -> dict[str, Any]:
    """Return an object in JSON types."""
    return {
        "anchor": live.anchor,
        "dn": live.dn,
        "object_type": live.object_type,
        "enabled": live.enabled,
        "mark": live.mark,
        "needs_password": live.needs_password,
        "protected": live.protected,
        "deleted": live.deleted,
        "attributes": {name: [to_json(value) for value in values] for name, values in live.attributes.items()},
    }


def decode_live(image: Mapping[str, Any]) -> LiveObject:
    """Read what :func:`encode_live` writes."""
    attributes = {name: as_tuple(from_json(values)) for name, values in image["attributes"].items()}
    return LiveObject(**{**image, "attributes": attributes})
