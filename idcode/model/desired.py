"""The desired state: what ``sync`` hands to ``plan``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Reported
from idcode.model.records import LiveObject, ObjectType
from idcode.model.schema import DirectorySchema
from idcode.model.syntax import text_of
from idcode.model.values import Scalar

SIGN_IN = ("sAMAccountName", "userPrincipalName")
"""The attributes that hold what people sign in with."""
EVERYTHING = frozenset({"create", "update", "move", "enable", "disable", "release", "delete"})
"""All that a hold can forbid."""
Action = Literal["keep", "create", "restore", "delete"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one attribute should be: a whole value, or (``delta``) values to add and to take away.

    ``shadow`` values are shown and never written; ``exact`` compares with letter case.
    """

    values: tuple[Scalar, ...] = ()
    add: tuple[Scalar, ...] = ()
    remove: tuple[Scalar, ...] = ()
    delta: bool = False
    shadow: bool = False
    exact: bool = False


@dataclass(slots=True, eq=False)
class DesiredObject:
    """One object as the files want it; attributes that are not named stay as they are.

    ``parent`` (a DN) and ``name`` (the value of the naming attribute) are ``None`` where they stay; with ``exact_name``
    a change of letter case alone is one of the name too. ``live`` is the object as read, a deleted one for a restore.
    ``scope`` is what guards count it under, such as ``corp/account``. ``movers`` are the members in
    ``attributes["member"].remove`` who gain another group in the same plan, so that they lose the old one last.
    ``relied`` holds the join attributes by which it was recognised.
    """

    address: str
    directory: str
    object_type: ObjectType
    label: str
    scope: str
    live: LiveObject | None
    action: Action = "keep"
    parent: str | None = None
    name: str | None = None
    exact_name: bool = False
    attributes: dict[str, Wanted] = field(default_factory=dict)
    enabled: bool | None = None
    password: bool = False
    shadow: bool = False
    movers: frozenset[Scalar] = frozenset()
    relied: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    """Changes that nothing may make to an object, up to and including ``until``.

    ``object`` is an address, ``directory/anchor``, or ``directory/name`` for what people sign in with.
    """

    object: str
    forbid: frozenset[str]
    until: date | None
    reason: str

    def is_about(self, directory: str, live: LiveObject) -> bool:
        """Whether the object is named by its anchor, its DN or what its owner signs in with, in any case."""
        names = (live.anchor, live.dn, *(text_of(value) for name in SIGN_IN for value in live.get(name)))
        return self.object.lower() in {f"{directory}/{name}".lower() for name in names}


@dataclass(frozen=True, slots=True)
class GuardLimit:
    """A guard as configured: for one ``scope`` (a guard scope or a directory), or for all others (``None``)."""

    name: str
    max: int | None
    max_percent: float | None
    on_trip: Literal["stop", "hold"]
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class DirectoryView:
    """What the planner knows of a directory: schema, base, and every object by anchor.

    ``unread`` names, by object type and in the schema's spelling, attributes that the files use and that were not
    read: that an object has no values of one says nothing.
    """

    name: str
    type: str
    base_dn: str
    schema: DirectorySchema
    objects: Mapping[str, LiveObject]
    unread: Mapping[ObjectType, frozenset[str]] = field(default_factory=dict)

    @property
    def flat(self) -> bool:
        """Whether the directory has no tree, so that nothing stands anywhere."""
        return self.schema.terms.naming is None

    def knows(self, live: LiveObject, name: str) -> bool:
        """Whether ``name`` of ``live`` was read. Of deleted objects that is said only of what all types were read for.

        Deleted objects lose their category, so that their type may not be what it was.
        """
        if live.deleted:
            return self.knows_all(name)
        return self.schema.spelled(name) not in self.unread.get(live.object_type, ())

    def knows_all(self, name: str) -> bool:
        """Whether ``name`` was read of every object that may have it."""
        return not any(self.schema.spelled(name) in names for names in self.unread.values())


@dataclass(slots=True)
class DesiredState:
    """All objects as the files want them, and everything worth telling beside.

    ``populations`` counts the existing objects per guard scope; ``protected`` maps anchors that no change may
    touch to the reason.
    """

    objects: list[DesiredObject] = field(default_factory=list)
    orphans: list[Reported] = field(default_factory=list)
    missing: list[Reported] = field(default_factory=list)
    frozen: list[Reported] = field(default_factory=list)
    held: list[Reported] = field(default_factory=list)
    awaiting: list[Reported] = field(default_factory=list)
    populations: dict[str, int] = field(default_factory=dict)
    protected: dict[str, str] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)
