"""Settings of ``type: sandbox``: a practice domain in one local file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from idcode.config.models.base import Node


class SandboxSettings(Node):
    """A practice domain that behaves like Active Directory. ``path`` is its file, relative to the repository's root.

    Example: ``corp: {type: sandbox, base_dn: "DC=corp,DC=contoso,DC=com"}``
    """

    type: Literal["sandbox"]
    base_dn: str
    path: Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")] | None = None
    forest: str | None = None
    disable_mark_in: str = "adminDescription"


def in_place_of(node: Node) -> SandboxSettings:
    """Return the settings of a practice domain that stands in for the AD domain of ``node``.

    Errors about what they share, such as an unset variable in ``base_dn``, still point to the file.
    """
    shared = {name: getattr(node, name) for name in ("base_dn", "forest", "disable_mark_in")}
    return SandboxSettings(type="sandbox", **shared).standing_at(node)
