"""``idcode sandbox`` on practice tenants: made anew, looked at, edited by hand, and synced from practice domains."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from idcode.cli import console, wiring
from idcode.config.project import Repository
from idcode.model import dn
from idcode.model.addresses import split_path
from idcode.model.errors import DirectoryError, UsageError
from idcode.model.records import Query, collect
from idcode.report.visible import visible_json

if TYPE_CHECKING:
    from idcode.directories.sandbox.tenant.settings import TenantSettings
    from idcode.directories.sandbox.tenant.tenant import Tenant


def tenants(directory: Path | None) -> tuple[Repository, dict[str, TenantSettings]]:
    """Return the repository to practise on, and its practice tenants by name."""
    from idcode.directories.sandbox.tenant.settings import TenantSettings

    repository, _ = wiring.load(directory, sandbox=True)
    repository = wiring.for_directories(repository, repository.directories)
    nodes = {name: node for name, node in repository.directories.items() if isinstance(node, TenantSettings)}
    return repository, nodes


def chosen(settings: dict[str, TenantSettings], name: str | None) -> tuple[str, TenantSettings]:
    """Return the tenant that is meant. Raises ``UsageError`` where there is none, or several and no name."""
    if not settings:
        raise UsageError("no directory of this repository is a tenant", "A practice tenant stands in for type entra.")
    if name is None and len(settings) > 1:
        raise UsageError(f"there are several tenants: {', '.join(settings)}", "Name one with --directory.")
    key = name or next(iter(settings))
    if key not in settings:
        raise UsageError(f"there is no practice tenant {key!r}", f"There is {', '.join(settings)}.")
    return key, settings[key]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A practice directory to be made: ``check`` raises where its file must not be replaced, ``told`` is what it is.

    ``source`` is the file of what will be in it.
    """

    name: str
    path: Path
    check: Callable[[], None]
    make: Callable[[], None]
    told: str
    source: Path | str | None


def beginnings(
    repository: Repository, settings: dict[str, TenantSettings], source: Path | None, name: str | None
) -> list[Beginning]:
    """Return the tenants to be made anew: all, the one that is named, or the one that ``source`` is for."""
    from idcode.directories.sandbox.tenant.clock import RealClock
    from idcode.directories.sandbox.tenant.names import verified_domains
    from idcode.directories.sandbox.tenant.practice import beginning_of, file_of, new_tenant
    from idcode.directories.sandbox.tenant.seeding import planted
    from idcode.directories.sandbox.tenant.storage import check_replaceable, create

    if source is not None or name is not None:
        settings = dict([chosen(settings, name)])
    found = []
    for key, node in settings.items():
        path = file_of(key, node, repository.root)
        held = source or beginning_of(node, repository.root)
        state = planted(new_tenant(node, held), RealClock().now())
        told = "a tenant with " + ", ".join(domain.id for domain in verified_domains(state.newest))
        check, make = partial(check_replaceable, path), partial(create, path, state)
        found.append(Beginning(key, path, check, make, told, source or node.practice))
    return found


def show(directory: Path | None, path: str, name: str | None) -> int:
    """Print what a GET of ``path`` gives, all pages of it, as JSON."""
    tenant = _opened(directory, name)[1]
    values: list[Any] = []
    url = path
    while True:
        body = _answer(tenant, "GET", url)
        if not isinstance(body, dict) or "value" not in body:
            console.say(visible_json(json.dumps(body, indent=2, ensure_ascii=False)))
            return 0
        values += body["value"]
        if "@odata.nextLink" not in body:
            console.say(visible_json(json.dumps(values, indent=2, ensure_ascii=False)))
            return 0
        url = str(body["@odata.nextLink"]).partition("/v1.0")[2]


def edit(directory: Path | None, file: Path, name: str | None) -> int:
    """Carry out the requests of a JSON file (``[{"method", "url", "body"}]``), up to the first that is refused."""
    key, tenant = _opened(directory, name)
    try:
        requests = json.loads(file.read_text("utf-8"))
        calls = [(str(one["method"]), str(one["url"]), one.get("body")) for one in requests]
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        hint = 'Such as [{"method": "PATCH", "url": "/users/ada@contoso.com", "body": {"jobTitle": "Lead"}}].'
        raise UsageError(f"{file} is no list of requests: {error}", hint) from None
    for number, (method, url, body) in enumerate(calls, 1):
        try:
            _answer(tenant, method, url, body)
        except DirectoryError as error:
            done = f"The {number - 1} before it are done; take them out before you try again." if number > 1 else None
            raise DirectoryError(f"{file}: request {number}: {error}", done) from None
    console.say(f"{key}: {len(calls)} {'request' if len(calls) == 1 else 'requests'} carried out")
    return 0


def sync(directory: Path | None, name: str | None) -> int:
    """Bring the accounts and groups of the practice domains into a practice tenant, as Entra Connect does."""
    from idcode.directories.sandbox.directory import SandboxDirectory
    from idcode.directories.sandbox.settings import SandboxSettings
    from idcode.directories.sandbox.tenant.connect import READS
    from idcode.directories.sandbox.tenant.practice import open_practice
    from idcode.directories.sandbox.tenant.sync import synchronise

    repository, settings = tenants(directory)
    key, node = chosen(settings, name)
    if not node.synced_from:
        raise UsageError(f"{key} is synced from nothing", f"Say from which domain: synced_from, under {key}.")
    tenant = open_practice(key, node, repository.root)
    for feed in node.synced_from:
        domain = repository.directories[feed.directory]
        if not isinstance(domain, SandboxSettings):
            raise UsageError(f"{feed.directory} is no practice domain", "A sandbox stands in for type ad.")
        practice = SandboxDirectory(feed.directory, domain, repository.root)
        names = READS | {anchor for anchor in feed.anchor if anchor.lower() != "objectguid"}
        objects, _ = collect(practice.read(Query({"user": names, "group": names})))
        bases = [dn.under(domain.base_dn, split_path(path)) for path in feed.scope]
        cycle = synchronise(tenant, domain.base_dn, objects, anchor=feed.anchor, scope=bases)
        counts = {
            "created": cycle.created, "updated": cycle.updated, "restored": cycle.restored, "deleted": cycle.deleted,
        }  # fmt: skip
        told = ", ".join(f"{len(ids)} {word}" for word, ids in counts.items() if ids) or "nothing to do"
        console.say(f"{key} from {feed.directory}: {told}")
    return 0


def _opened(directory: Path | None, name: str | None) -> tuple[str, Tenant]:
    from idcode.directories.sandbox.tenant.practice import open_practice

    repository, settings = tenants(directory)
    key, node = chosen(settings, name)
    return key, open_practice(key, node, repository.root)


def _answer(tenant: Tenant, method: str, url: str, body: Any = None) -> Any:
    """Send one request. Raises ``DirectoryError`` where the tenant refuses it."""
    from idcode.directories.sandbox.tenant.exchange import Request

    parts = urlsplit(url)
    if not parts.path.startswith("/"):
        raise UsageError(f"{url!r} is no path of Graph", "Such as '/users?$select=displayName'.")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    headers = {"consistencylevel": "eventual"} if "$count" in query or "$search" in query else {}
    reply = tenant.handle(Request(method.upper(), parts.path, query, headers, body))
    if reply.status >= 400:
        error = (reply.body or {}).get("error", {})
        raise DirectoryError(f"{method} {url}: {reply.status} {error.get('code')}: {error.get('message')}")
    return reply.body
