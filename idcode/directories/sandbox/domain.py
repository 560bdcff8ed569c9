"""One AD domain in memory: its objects, and the operations that change them.

The rules are in modules of their own: ``adding``, ``modifying``, ``moving``, ``deletion``, and what these share:
``names`` (uniqueness), ``accounts``, ``groups``, ``access``.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from idcode.directories.ad.operations import Modification
from idcode.directories.ad.schema import AdSchema
from idcode.directories.sandbox import adding, born, deletion, modifying, moving
from idcode.directories.sandbox.draft import FIRST_RID, Draft
from idcode.directories.sandbox.results import no_object
from idcode.directories.sandbox.tree import Node, Tree
from idcode.directories.sandbox.values import locate


class Keeper(Protocol):
    """Where a domain is kept, if it is: every change is there before anybody sees it."""

    def refresh(self, domain: Domain) -> None:
        """Bring ``domain`` up to date with what others have written."""

    def writing(self, domain: Domain) -> AbstractContextManager[None]:
        """Keep others from writing meanwhile; bring ``domain`` up to date first."""

    def save(self, usn: int, rid: int, nodes: Sequence[Node], tree: Tree) -> None:
        """Write objects that change from what ``tree`` holds, for good; called while ``writing``."""


class Domain:
    """One AD domain in memory: its objects, and the rules under which they change.

    ``sid`` and ``invocation_id`` identify it, ``server`` is the name it gives itself, ``usn`` counts its changes.
    Every operation either is carried out as a whole or raises :class:`~.results.Refused` and changes nothing.
    """

    def __init__(
        self,
        root_dn: str,
        schema: AdSchema,
        *,
        sid: str,
        invocation_id: str,
        server: str = "sandbox",
        recycle_bin: bool = False,
        usn: int = 0,
        rid: int = FIRST_RID,
    ) -> None:
        self.root_dn = root_dn
        self.schema = schema
        self.sid = sid
        self.invocation_id = invocation_id
        self.server = server
        self.recycle_bin = recycle_bin
        self.usn = usn
        self.rid = rid
        self.tree = Tree(root_dn, schema)
        self.keeper: Keeper | None = None

    def refresh(self) -> None:
        """Take in what others have written to where the domain is kept."""
        if self.keeper is not None:
            self.keeper.refresh(self)

    def add(self, dn: str, classes: Sequence[str], attributes: Mapping[str, Sequence[bytes]]) -> None:
        """Add an object (MS-ADTS 3.1.1.5.2)."""
        with self.changing() as draft:
            adding.add(draft, dn, classes, attributes)

    def modify(
        self, dn: str, changes: Mapping[str, Sequence[Modification]], options: modifying.Options = modifying.PLAIN
    ) -> None:
        """Modify an object, or bring a deleted one back (MS-ADTS 3.1.1.5.3)."""
        with self.changing() as draft:
            node = self.need(dn, deleted=options.show_deleted)
            if deletion.is_undelete(changes):
                deletion.undelete(draft, node, changes)
            else:
                modifying.modify(draft, node, changes, options)

    def rename(self, dn: str, rdn: str, superior: str | None) -> None:
        """Rename or move an object (MS-ADTS 3.1.1.5.4)."""
        with self.changing() as draft:
            moving.rename(draft, self.need(dn), rdn, superior)

    def delete(self, dn: str) -> None:
        """Delete an object that has none below it (MS-ADTS 3.1.1.5.5)."""
        with self.changing() as draft:
            deletion.delete(draft, self.need(dn))

    def need(self, dn: str, deleted: bool = False) -> Node:
        """Return the object with this DN (or ``<GUID=…>``); ``deleted``: also if it is deleted.

        Raises :class:`~.results.Refused` (32) where there is none.
        """
        node, best_match = locate(self.tree, dn)
        if node is None or (node.deleted and not deleted):
            raise no_object(best_match)
        return node

    @contextmanager
    def changing(self) -> Iterator[Draft]:
        """Give a draft to work on; at the end it takes effect as a whole, unless an exception ends it."""
        with nullcontext() if self.keeper is None else self.keeper.writing(self):
            draft = Draft(self.tree, self.sid, self.rid, self.recycle_bin)
            yield draft
            nodes = draft.finished(self.usn + 1)
            if not nodes:
                return
            if self.keeper is not None:
                self.keeper.save(self.usn + 1, draft.rid, nodes, self.tree)
            self.usn += 1
            self.rid = draft.rid
            for node in nodes:
                self.tree.put(node)


def new_domain(
    root_dn: str, schema: AdSchema, *, recycle_bin: bool = False, bare: bool = False, sid: str | None = None
) -> Domain:
    """Return a domain with a SID of its own (unless ``sid`` says which), and with what every domain is born with.

    A ``bare`` one has none of that, for those who bring it along: whatever it is called in their language.
    """
    numbers = "-".join(str(secrets.randbelow(2**32)) for _ in range(3))
    domain = Domain(
        root_dn,
        schema,
        sid=sid or f"S-1-5-21-{numbers}",
        invocation_id=str(uuid.uuid4()),
        recycle_bin=recycle_bin,
    )
    with domain.changing() as draft:
        root = born.begin(draft, root_dn)
        if not bare:
            born.populate(draft, root)
    return domain
