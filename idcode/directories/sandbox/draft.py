"""One operation in the making: new versions of objects, none of which anybody sees before all of them are there."""

from __future__ import annotations

from datetime import UTC, datetime

from idcode.directories.ad import values as wire
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox.results import NO_RIDS, unwilling
from idcode.directories.sandbox.tree import Guid, Node, Tree
from idcode.model.schema import Kind
from idcode.model.syntax import filetime

FIRST_RID = 1000
"""The first relative identifier that is given to new accounts and groups (MS-SAMR 3.1.1.9.2)."""
_LAST_RID = 2**30 - 1


class Draft:
    """What an operation is about to change in ``tree``. An operation that is refused leaves its draft behind.

    ``sid`` is the domain's, ``rid`` the last relative identifier given out in it.
    """

    def __init__(self, tree: Tree, sid: str, rid: int, recycle_bin: bool) -> None:
        self.tree = tree
        self.sid = sid
        self.rid = rid
        self.recycle_bin = recycle_bin
        self.now = datetime.now(UTC)
        self.changed: dict[Guid, Node] = {}
        self._quiet: set[Guid] = set()

    @property
    def schema(self) -> AdSchema:
        """The domain's schema."""
        return self.tree.schema

    @property
    def time(self) -> bytes:
        """The moment of the operation as generalized time."""
        return wire.encode(self.now, Kind.TIME)

    @property
    def ticks(self) -> bytes:
        """The moment of the operation as FILETIME."""
        return str(filetime(self.now)).encode("ascii")

    def node(self, guid: Guid) -> Node:
        """Return an object as it will be."""
        return self.changed.get(guid) or self.tree.nodes[guid]

    def put(self, node: Node, quiet: bool = False) -> None:
        """Change an object; ``quiet``: as a consequence that is no change of its own (uSNChanged stays)."""
        self.changed[node.guid] = node
        if quiet:
            self._quiet.add(node.guid)
        else:
            self._quiet.discard(node.guid)

    def next_sid(self) -> bytes:
        """Return a security identifier that no object has had; raise :class:`Refused` (53) where there are no more."""
        if self.rid >= _LAST_RID:
            raise unwilling(NO_RIDS)
        self.rid += 1
        return wire.sid_bytes(f"{self.sid}-{self.rid}")

    def finished(self, usn: int) -> list[Node]:
        """Return all objects that really change, stamped with ``usn`` and the time."""
        number = str(usn).encode("ascii")
        result = []
        for node in self.changed.values():
            old = self.tree.nodes.get(node.guid)
            if node == old:
                continue
            if node.guid not in self._quiet:
                stamps = {"usnchanged": (number,), "whenchanged": (self.time,)}
                if old is None:
                    stamps |= {"usncreated": (number,), "whencreated": (self.time,)}
                node = node.setting(stamps)
            result.append(node)
        return result
