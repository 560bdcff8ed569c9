"""Objects that the tenant only shows, such as devices and contacts (Graph pages device-list, orgcontact-list)."""

from __future__ import annotations

from collections.abc import Iterator

from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.navigation import relation_routes
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work


def shown_only(type_name: str, collection: str) -> Iterator[Route]:
    """Yield the routes that list objects of a type, count them, show one, and lead to what it is related to."""

    def everything(work: Work) -> Collection:
        return Collection(work.reading.ids(type_name), type_name, collection)

    path = f"/{collection}"
    yield Route("GET", path, lambda work: listed(work, everything(work)))
    yield Route("GET", f"{path}/$count", lambda work: counted(work, everything(work)))
    yield Route("GET", f"{path}/{{id}}", lambda work: single(work, work.found(work.param("id"), type_name), collection))
    yield from relation_routes(type_name, f"{path}/{{id}}")


ROUTES = (*shown_only("device", "devices"), *shown_only("orgContact", "contacts"))
