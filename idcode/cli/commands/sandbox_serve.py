"""``idcode sandbox serve``: a practice tenant behind a port of this machine, for any client of Microsoft Graph."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idcode.cli import console
from idcode.cli.commands.sandbox_tenant import chosen, tenants

if TYPE_CHECKING:
    from idcode.directories.sandbox.tenant.exchange import Service
    from idcode.directories.sandbox.tenant.tenant import Tenant

CLIENT_ID = "1dc0de00-0000-4000-8000-000000000001"
"""The application that every client of a served tenant is."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of the command line. ``lag`` is in seconds of the tenant's time."""

    directory: Path | None
    name: str | None
    port: int
    lag: float
    throttle: bool
    time_scale: float
    client_secret: str


def run(arguments: Arguments) -> int:
    """Serve a practice tenant until Ctrl-C; say first how to reach it."""
    from idcode.directories.sandbox.tenant.clock import RealClock, ScaledClock
    from idcode.directories.sandbox.tenant.http import tls
    from idcode.directories.sandbox.tenant.http.asgi import application
    from idcode.directories.sandbox.tenant.http.batch import Batches
    from idcode.directories.sandbox.tenant.http.serve import Server
    from idcode.directories.sandbox.tenant.http.tokens import Login, Registration
    from idcode.directories.sandbox.tenant.practice import file_of, open_practice
    from idcode.directories.sandbox.tenant.switches import Switches

    repository, settings = tenants(arguments.directory)
    name, node = chosen(settings, arguments.name)
    clock = RealClock() if arguments.time_scale == 1 else ScaledClock(arguments.time_scale)
    tenant = open_practice(name, node, repository.root, clock=clock, switches=Switches(lag=arguments.lag))
    tenant_id, domains = _names(tenant)
    service = _throttled(tenant, tenant_id) if arguments.throttle else tenant
    login = Login(tenant_id, [Registration(CLIENT_ID, [arguments.client_secret])], domains)
    identity = tls.identity(file_of(name, node, repository.root).parent)
    server = Server(application(Batches(service), login), identity, arguments.port)
    console.say(
        f"""\
# {name} is served at {server.address}/v1.0 until Ctrl-C. To use it as a real tenant, in idcode.yaml:
directories:
  {name}:
    type: entra
    tenant_id: {tenant_id}
    credential: client-secret
    client_id: {CLIENT_ID}
    client_secret: {arguments.client_secret}
    graph_url: {server.address}
    login_url: {server.address}
    ca_file: {_relative(identity.certificate, repository.root)}"""
    )
    sys.stdout.flush()  # who started this in a script reads it now
    try:
        server.run()
    except KeyboardInterrupt:
        console.note("stopped")
    return 0


def _names(tenant: Tenant) -> tuple[str, list[str]]:
    """Return the id and the domains of a tenant."""
    from idcode.directories.sandbox.tenant.exchange import Request

    organization = tenant.handle(Request("GET", "/organization")).body["value"][0]
    return organization["id"], [domain["name"] for domain in organization["verifiedDomains"]]


def _throttled(tenant: Tenant, tenant_id: str) -> Service:
    """Return the tenant with the quotas that Graph has for one of its size."""
    from idcode.directories.sandbox.tenant.http.throttle import Throttle, limits_for

    limits = limits_for(len(tenant.state.newest.ids("user")))
    return Throttle(tenant, tenant.clock, limits, tenant_id=tenant_id, client_id=CLIENT_ID)


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
