"""A small company in a practice tenant, which can be set back to its morning."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from tests.faults import office
from tests.faults.scene import Dump, Scene

_OF_TIME = re.compile("(DateTime|Timestamp)$")


class Rooms(Scene):
    """The company of :mod:`tests.faults.office`; its tenant is a file of the repository."""

    def prepare(self) -> dict[str, Any]:
        """Make the company of yesterday and the plan for today, and keep this morning."""
        office.write_yesterday(self.folder)
        self.insist("plan", "--out", "plan.json", "--as-of", self.as_of)
        self.insist("apply", "plan.json")
        office.write_today(self.folder)
        return self.keep()

    def writes(self) -> Counter[str]:
        """Return how often each property and link was written by the transactions of the tenant."""
        saved = [one.removeprefix("after save ") for one in self.called(self.moments) if one.startswith("after save ")]
        return Counter(json.dumps(change) for one in saved for change in json.loads(one))

    def called(self, moments: Iterable[str]) -> list[str]:
        """Return moments with the names of objects instead of their ids."""
        names = {object_id: name for object_id, name, _ in self._objects()}
        pattern = re.compile("|".join(map(re.escape, names)))
        return [_in_order(pattern.sub(lambda found: names[found[0]], one)) for one in moments]

    def dump(self, *, versions: bool = False) -> Dump:
        """Return every living object with its properties and links, by type and name."""
        names = {object_id: name for object_id, name, _ in self._objects()}
        found: Dump = {}
        for object_id, name, properties in self._objects():
            if "deletedDateTime" not in properties:
                kept = {key: value for key, value in properties.items() if not _OF_TIME.search(key)}
                if versions:
                    kept.pop("securityIdentifier", None)  # is made of the id
                found[name] = {**kept, "links": []} if versions else {**kept, "id": object_id, "links": []}
        for kind, source, target in self._rows("SELECT kind, source, target FROM links"):
            if names[source] in found:
                found[names[source]]["links"].append((kind, names.get(target, target)))
        for values in found.values():
            values["links"].sort()
        return found

    def _objects(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for object_id, kind, text in self._rows("SELECT id, type, properties FROM objects WHERE type <> 'task'"):
            properties = json.loads(text)
            yield object_id, f"{kind} {properties.get('displayName') or object_id}", properties

    def _rows(self, query: str) -> list[Any]:
        (file,) = (self.folder / ".idcode/sandbox").glob("*.tenant.db")
        with closing(sqlite3.connect(file)) as tenant:
            return tenant.execute(query).fetchall()


def _in_order(moment: str) -> str:
    """Return a moment of a transaction with its changes in the order of their names, not of ids."""
    words, saves, changes = moment.partition(" save ")
    return f"{words}{saves}{json.dumps(sorted(json.loads(changes), key=str))}" if saves else moment
