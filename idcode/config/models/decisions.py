"""``decisions.yaml``: joins decided by hand, holds, and allowances for guards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from idcode.config.models.base import Day, Node

GuardName = Literal[
    "create", "update", "clear", "move", "logon_name", "mail_address", "enable", "disable", "delete",
    "membership_loss", "membership_gain", "privileged_gain", "licence_loss", "authority", "protected",
]  # fmt: skip
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


class Allowance(Node):
    """Lets a guard pass up to ``max``, up to and including the day ``until``: for a while, and with a reason.

    ``scope`` is a guard scope such as ``corp/account``, or a directory; without it all of them share the number.
    """

    guard: GuardName
    scope: str | None = None
    max: int = Field(ge=0)
    until: Day
    reason: str = Field(min_length=1)


class DecisionFile(Node):
    """``decisions.yaml``."""

    same: list[Same] = []
    distinct: list[Annotated[list[str], Field(min_length=2)]] = []
    pins: list[Pin] = []
    holds: list[Hold] = []
    allowances: list[Allowance] = []
