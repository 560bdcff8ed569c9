"""What changed since the last time, to the link that the next time begins with."""

from __future__ import annotations

from typing import Any

from idcode.directories.entra.graph import errors
from idcode.directories.entra.graph.background import Put
from idcode.directories.entra.graph.exchange import Exchange
from idcode.directories.entra.graph.paging import Listing
from idcode.model.errors import DirectoryError


async def delta(exchange: Exchange, url: str, put: Put[list[Any] | str]) -> None:
    """Put the pages of a delta query, and its delta link at the end.

    ``url`` begins anew or is the delta link of an earlier read. Raises ``ResyncError`` where the service has
    forgotten it.
    """
    listing = Listing(exchange, url, {})
    page: dict[str, Any] = {}
    while listing.link:
        page = await listing.page()
        await put(page["value"])
    link = page.get("@odata.deltaLink")
    if not link:
        raise DirectoryError(f"the answer to {errors.where('GET', url)} ends without a delta link")
    await put(str(link))
