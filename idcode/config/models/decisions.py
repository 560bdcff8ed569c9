"""``decisions.yaml``: joins decided by hand, and holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from idcode.config.models.base import Day, Node

Forbidden = Literal["create", "update", "move", "enable", "disable", "release", "delete"]


class Same(Node):
    """One person who had other keys before: their objects belong to ``keep``."""

    keep: str
    was: Annotated[list[str], Field(min_length=1)]


class Pin(Node):
    """An object (``directory/anchor``) that belongs to an identity's rule, whatever the joins say."""

    object: str
    is_: str = Field(validation_alias="is", serialization_alias="is")


class Hold(Node):
    """A person or object that nothing may touch in the ways of ``forbid``, up to and including ``until``."""

    object: str
    forbid: Annotated[list[Forbidden], Field(min_length=1)]
    until: Day | None = None
    reason: str = Field(min_length=1)


class DecisionFile(Node):
    """``decisions.yaml``."""

    same: list[Same] = []
    distinct: list[Annotated[list[str], Field(min_length=2)]] = []
    pins: list[Pin] = []
    holds: list[Hold] = []
