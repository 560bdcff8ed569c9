"""The practice tenant with people in it, and ways to read its lists to their end."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from tests.tenant.practice import DOMAIN, NOW, Practice

EVENTUAL = {"consistencylevel": "eventual"}


class Office(Practice):
    """A tenant whose lists are read page by page; ``switches`` say how it behaves."""

    def __init__(self, switches: Switches | None = None, seed: Seed | None = None) -> None:
        super().__init__()
        state = self.tenant.state if seed is None else planted(seed, NOW)
        self.tenant = Tenant(state, self.clock, switches)

    def follow(self, link: str, **headers: str) -> Reply:
        """Send the GET that a next link or delta link is."""
        parts = urlsplit(link)
        path = unquote(parts.path).removeprefix("/v1.0")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return self.tenant.handle(Request("GET", path, query, headers))

    def pages(self, path: str, **headers: str) -> list[Any]:
        """Return the bodies of all pages, headers sent with each."""
        found = [self.get(path, **headers)]
        while "@odata.nextLink" in found[-1]:
            reply = self.follow(found[-1]["@odata.nextLink"], **headers)
            assert reply.status == 200, reply.body
            found.append(reply.body)
        return found

    def everything(self, path: str, **headers: str) -> list[Any]:
        """Return the values of all pages."""
        return [each for page in self.pages(path, **headers) for each in page["value"]]

    def delta(self, path: str, **headers: str) -> tuple[list[Any], str]:
        """Return all entries of a round of a delta query, and its delta link."""
        pages = self.pages(path, **headers)
        return [each for page in pages for each in page["value"]], pages[-1]["@odata.deltaLink"]

    def since(self, link: str, **headers: str) -> tuple[list[Any], str]:
        """Return what has changed since a delta link, and the next one."""
        found = []
        while True:
            reply = self.follow(link, **headers)
            assert reply.status == 200, reply.body
            found += reply.body["value"]
            if "@odata.deltaLink" in reply.body:
                return found, reply.body["@odata.deltaLink"]
            link = reply.body["@odata.nextLink"]


def person(number: int, **properties: Any) -> dict[str, Any]:
    """Return a user of a seed."""
    name = f"p{number:05}"
    facts = {"userPrincipalName": f"{name}@{DOMAIN}", "displayName": f"Person {number:05}", **properties}
    return {"id": f"{number:08x}-0000-4000-8000-000000000000", **facts}


def group(number: int, **properties: Any) -> dict[str, Any]:
    """Return a group of a seed."""
    return {"id": f"{number:08x}-1111-4000-8000-000000000000", "displayName": f"Group {number:05}", **properties}
