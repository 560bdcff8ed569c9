"""The organization and its domains (Graph pages organization-list, domain-list); both are read-only here."""

from __future__ import annotations

from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, listed, single
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work


def _listed(type_name: str, context: str, work: Work) -> Reply:
    return listed(work, Collection(work.reading.ids(type_name), type_name, context, paged=False))


ROUTES = (
    Route("GET", "/organization", lambda work: _listed("organization", "organization", work)),
    Route(
        "GET",
        "/organization/{id}",
        lambda work: single(work, work.found(work.param("id"), "organization"), "organization"),
    ),
    Route("GET", "/domains", lambda work: _listed("domain", "domains", work)),
    Route("GET", "/domains/{id}", lambda work: single(work, work.found(work.param("id"), "domain"), "domains")),
)
