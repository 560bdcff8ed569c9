"""Collections page by page, to the page that says that it is the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idcode.directories.entra.graph import batches, errors
from idcode.directories.entra.graph.background import Put
from idcode.directories.entra.graph.calls import Answer, Call
from idcode.directories.entra.graph.errors import ListingExpired, ResyncError
from idcode.directories.entra.graph.exchange import Exchange
from idcode.directories.entra.graph.retry import Result
from idcode.model.errors import DirectoryError

_PAGE_EXPIRED = "Directory_ExpiredPageToken"
_DELTA_EXPIRED = ("syncstatenotfound", "resyncrequired")
"""Codes of a forgotten delta token, in lower case; 410 says the same (page "Use delta query to track changes")."""


class Listing:
    """Walks along next links: opaque and absolute; headers are not in them, and go with every page (page "Paging")."""

    def __init__(self, exchange: Exchange, url: str, headers: Mapping[str, str]) -> None:
        self._exchange = exchange
        self._headers = headers
        self._links = Links(exchange.connection.base, url)
        self.link: str | None = url

    async def page(self) -> dict[str, Any]:
        """Read the page at ``link``, and move ``link`` on to the next one, ``None`` at the end."""
        url = str(self.link)
        result = await self._exchange.read(url, self._headers)
        if result.status != 200:
            raise _failure(url, result)
        if not isinstance(result.body, dict) or not isinstance(result.body.get("value"), list):
            raise DirectoryError(f"the answer to {errors.where('GET', url)} is not a page of a collection")
        self.link = self._links.next(result.body)
        return result.body


class Links:
    """The links of one listing; each is followed once."""

    def __init__(self, base: str, first: str) -> None:
        self._base = base
        self._first = first
        self._followed = {first, base + first}

    def next(self, page: Mapping[str, Any]) -> str | None:
        """Return the link to the page after ``page``, ``None`` where that was the last one.

        Raises ``DirectoryError`` for a link that leads back, or away from the service (the token would go there).
        """
        link = page.get("@odata.nextLink")
        if not link:
            return None
        if link in self._followed:
            raise DirectoryError(f"the listing {errors.where('GET', self._first)} leads back to a page it had before")
        if not link.startswith(self._base + "/"):
            raise DirectoryError(
                f"the listing {errors.where('GET', self._first)} goes on at another address than {self._base}",
                "Set graph_url in idcode.yaml to the address that the service has for itself.",
            )
        self._followed.add(link)
        return str(link)


async def pages(exchange: Exchange, url: str, headers: Mapping[str, str], put: Put[list[Any]]) -> None:
    """Put the values of each page of a collection."""
    listing = Listing(exchange, url, headers)
    while listing.link:
        await put((await listing.page())["value"])


async def read_all(exchange: Exchange, urls: Sequence[str], put: Put[list[tuple[str, list[Any] | None]]]) -> None:
    """Put ``urls`` with all their values, in lists, as they become complete."""
    collections = {str(number): _Collection(exchange.connection.base, url) for number, url in enumerate(urls)}

    async def receive(answers: list[Answer]) -> list[Call]:
        more = [call for answer in answers for call in collections[answer.id].add(answer)]
        following = {call.id for call in more}
        complete = [collections.pop(answer.id) for answer in answers if answer.id not in following]
        if complete:
            await put([(collection.url, collection.values) for collection in complete])
        return more

    await batches.run(exchange, [collection.call(number) for number, collection in collections.items()], receive)


class _Collection:
    """What was read of one URL so far."""

    def __init__(self, base: str, url: str) -> None:
        self.url = url
        self.values: list[Any] | None = []
        self._base = base
        self._links = Links(base, url)
        self._begun_anew = False

    def call(self, number: str, link: str | None = None) -> Call:
        """Return the call for a page; URLs in a batch are relative to the version."""
        url = link.removeprefix(self._base) if link else self.url
        return Call(number, "GET", url)

    def add(self, answer: Answer) -> list[Call]:
        """Take in a page; return the call for the next one, if there is one.

        A listing that took too long is begun anew, once: nobody has seen anything of it yet.
        """
        if answer.status == 404:
            self.values = None
            return []
        if errors.code(answer.body) == _PAGE_EXPIRED:
            if self._begun_anew:
                raise _expired(self.url)
            self._begun_anew, self.values, self._links = True, [], Links(self._base, self.url)
            return [self.call(answer.id)]
        if not answer.ok:
            raise errors.problem("GET", self.url, answer.status, answer.error, answer.headers)
        body = answer.body
        listed = isinstance(body, dict) and isinstance(body.get("value"), list)
        self.values = [*(self.values or []), *(body["value"] if listed else [body])]
        link = self._links.next(body) if listed else None
        return [self.call(answer.id, link)] if link else []


def _failure(url: str, result: Result) -> DirectoryError:
    code = errors.code(result.body)
    if code == _PAGE_EXPIRED:
        return _expired(url)
    if result.status == 410 or code.lower() in _DELTA_EXPIRED:
        return ResyncError(f"Microsoft Graph does not know what has changed since the last {errors.where('GET', url)}")
    return errors.problem("GET", url, result.status, result.error, result.headers)


def _expired(url: str) -> ListingExpired:
    return ListingExpired(
        f"the listing {errors.where('GET', url)} took too long: Microsoft Graph does not know its next page any more",
        "Run it again.",
    )
