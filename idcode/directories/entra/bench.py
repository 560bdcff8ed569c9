"""What writes work with: addresses in Graph, references, and what this run knows of objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.links import PLACES
from idcode.directories.entra.memory import Memory
from idcode.directories.entra.objects import Decoder
from idcode.directories.entra.roles import Roles
from idcode.model.records import ObjectType
from idcode.model.syntax import text_of
from idcode.model.writes import Write

Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """One tenant. ``base`` is the address of the service with its version, which references begin with."""

    graph: Graph
    decoder: Decoder
    roles: Roles
    memory: Memory
    base: str

    def anchor(self, write: Write) -> str:
        """Return the id of a write's object, or the name that it is found by as long as nobody knows its id."""
        target = write.request["target"]
        return str(target.get("id") or self.memory.born.get(write.change_id) or target["name"])

    def url(self, write: Write) -> str:
        """Return the address of a write's object."""
        target, anchor = write.request["target"], self.anchor(write)
        if target["type"] == "group" and not target.get("id") and write.change_id not in self.memory.born:
            return by_unique_name(anchor)
        return f"{PLACES[target['type']]}/{quote(anchor, safe='@')}"

    def type(self, write: Write) -> ObjectType:
        """Return the type of a write's object."""
        object_type: ObjectType = write.request["target"]["type"]
        return object_type

    def reference(self, reference: Mapping[str, str], place: str = "directoryObjects") -> str:
        """Return the address by which a request refers to another object."""
        return f"{self.base}/{place}/{reference['$ref']}"

    def is_new(self, write: Write, others: Iterable[Mapping[str, str]] = ()) -> bool:
        """Whether a write is about an object of this run, so that not finding it is no answer."""
        known = self.anchor(write) if "target" in write.request else ""
        return self.memory.is_new(known) or any(self.memory.is_new(other["$ref"]) for other in others)

    def merged(self, write: Write) -> dict[str, Any]:
        """Return the body of a write with lists made whole, and without a mark that would replace other text."""
        request = write.request
        shown = self.memory.shown(self.anchor(write))
        body = {name: dict(value) if isinstance(value, dict) else value for name, value in request["body"].items()}
        for name, part in request.get("merge", {}).items():
            gone = {text.lower() for text in part["remove"] + part["add"]}
            kept = [text_of(value) for value in shown.get(name, ()) if text_of(value).lower() not in gone]
            body[name] = [*kept, *part["add"]]
        held = shown.get(self.decoder.mark_in, ())
        if "accountEnabled" in body and held and not text_of(held[0]).startswith("idcode:"):
            _take_out(body, self.decoder.mark_in)
        return body


def by_unique_name(name: str) -> str:
    """Return the address of a group by its alternate key (page *Upsert group*)."""
    escaped = name.replace("'", "''")
    return f"/groups(uniqueName='{quote(escaped, safe='')}')"


def _take_out(body: dict[str, Any], name: str) -> None:
    body.pop(name, None)
    for whole in [whole for whole, parts in body.items() if isinstance(parts, dict) and name in parts]:
        del body[whole][name]
        if not body[whole]:
            del body[whole]
