"""What reading a tenant through idcode's Graph client costs, against a bare httpx loop; ``make bench`` runs it.

All read the same practice tenant, which another process serves over HTTP on this machine: 20,000 users with 17
properties and their managers, and 500 groups of 40 members. The loop is what one writes first: follow next links, one
group after the other, no retries, no quota, no token. One request for each object is what tools do that look after
single resources: once, as it takes long. The others read in turn, and the best of several rounds counts.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from azure.core.credentials import AccessToken  # noqa: E402

from idcode.directories.entra.directory import EntraDirectory  # noqa: E402
from idcode.directories.entra.graph.client import GraphClient  # noqa: E402
from idcode.directories.entra.settings import EntraSettings  # noqa: E402
from idcode.directories.sandbox.tenant.http.asgi import application  # noqa: E402
from idcode.directories.sandbox.tenant.http.batch import Batches  # noqa: E402
from idcode.directories.sandbox.tenant.http.serve import Server  # noqa: E402
from idcode.directories.sandbox.tenant.seeding import Seed, planted  # noqa: E402
from idcode.directories.sandbox.tenant.tenant import Tenant  # noqa: E402
from idcode.model.records import ObjectType, Query, collect  # noqa: E402

ROUNDS = 5
USERS, GROUPS, MEMBERS = 20_000, 500, 40
TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
SELECT = (
    "id,accountEnabled,city,companyName,country,department,displayName,employeeId,givenName,jobTitle,mail,mailNickname,"
    "officeLocation,surname,usageLocation,userPrincipalName,userType"
)
LISTING = f"/users?$select={SELECT}&$expand=manager($select=id)&$top=999"


def members(group: int) -> str:
    return f"/groups/{identifier(1, group)}/members?$select=id&$top=999"


def identifier(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def company() -> Seed:
    """Return made-up people and groups."""
    users = [
        {
            "id": identifier(0, number),
            "userPrincipalName": f"person{number}@contoso.example",
            "displayName": f"Person {number}",
            "givenName": "Person",
            "surname": str(number),
            "mail": f"person{number}@contoso.example",
            "employeeId": f"E{number:05}",
            "department": f"Department {number % 40}",
            "jobTitle": "Engineer",
            "companyName": "Contoso",
            "city": "Oslo",
            "country": "Norway",
            "officeLocation": f"{number % 9}/{number % 30}",
            "usageLocation": "NO",
        }
        for number in range(USERS)
    ]
    groups = [{"id": identifier(1, number), "displayName": f"Team {number}"} for number in range(GROUPS)]
    links = [("manager", identifier(0, number), identifier(0, number // 10)) for number in range(1, USERS)]
    links += [
        ("members", identifier(1, group), identifier(0, (group * MEMBERS + number) % USERS))
        for group in range(GROUPS)
        for number in range(MEMBERS)
    ]
    return Seed(tenant_id=TENANT, domains=["contoso.example"], users=users, groups=groups, links=links)


def serve() -> None:
    """Serve the tenant, and say where."""
    server = Server(application(Batches(Tenant(planted(company(), datetime.now(UTC))))))
    print(server.address, flush=True)
    server.run()


class Token:
    """A credential for a tenant that asks for none."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("practice", int(time.time()) + 3600)

    def close(self) -> None:
        """Nothing to close."""


class Counting(httpx.AsyncHTTPTransport):
    """The network, with the requests counted."""

    count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return await super().handle_async_request(request)


Reading = tuple[float, float, int]
"""Seconds for the users, seconds for the members, requests."""


def by_idcode(address: str) -> Reading:
    settings = EntraSettings(type="entra", tenant_id=TENANT, graph_url=address)
    network = Counting()
    graph = GraphClient(settings, ROOT, transport=network, credential=Token)
    try:
        begun = time.perf_counter()
        users = sum(len(page) for page in graph.pages(LISTING))
        between = time.perf_counter()
        found = graph.read_all([members(group) for group in range(GROUPS)])
        assert (users, sum(len(values or ()) for _, values in found)) == (USERS, GROUPS * MEMBERS)
        return between - begun, time.perf_counter() - between, network.count
    finally:
        graph.close()


def by_adapter(address: str) -> Reading:
    """Read as a plan does: the same listings, what was deleted, and every object with typed values."""
    settings = EntraSettings(type="entra", tenant_id=TENANT, graph_url=address)
    network = Counting()
    directory = EntraDirectory(
        "cloud", settings, ROOT, GraphClient(settings, ROOT, transport=network, credential=Token)
    )
    wanted = frozenset({*SELECT.split(","), "manager"} - {"id", "accountEnabled"})
    asked: dict[ObjectType, frozenset[str]] = {"user": wanted, "group": frozenset({"displayName", "members"})}
    try:
        begun = time.perf_counter()
        objects, proof = collect(directory.read(Query(asked)))
        ended = time.perf_counter()
        assert proof.complete
        assert sum(len(live.get("members")) for live in objects) == GROUPS * MEMBERS
        return ended - begun, 0.0, network.count
    finally:
        directory.close()


def by_loop(address: str) -> Reading:
    return by_httpx(address, lambda collection: collection(f"/v1.0{LISTING}"))


def one_by_one(address: str) -> Reading:
    urls = [f"/v1.0/users/{identifier(0, number)}?$select={SELECT}" for number in range(USERS)]
    return by_httpx(address, lambda collection: sum(map(collection, urls)))


def by_httpx(address: str, read_users: Callable[[Callable[[str], int]], int]) -> Reading:
    requests: list[httpx.Request] = []

    def collection(url: str) -> int:
        total = 0
        while url:
            body = orjson.loads(client.get(url).content)
            total += len(body["value"]) if "value" in body else 1
            url = body.get("@odata.nextLink", "")
        return total

    with httpx.Client(base_url=address, event_hooks={"request": [requests.append]}) as client:
        begun = time.perf_counter()
        users = read_users(collection)
        between = time.perf_counter()
        total = sum(collection(f"/v1.0{members(group)}") for group in range(GROUPS))
        assert (users, total) == (USERS, GROUPS * MEMBERS)
        return between - begun, time.perf_counter() - between, len(requests)


WAYS = {"httpx loop": by_loop, "idcode's client": by_idcode, "idcode, for a plan": by_adapter}


def main() -> None:
    """Print one row for each way to read."""
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            rounds = [{name: read(address) for name, read in WAYS.items()} for _ in range(ROUNDS)]
            single = one_by_one(address)
        finally:
            process.terminate()
    print("| read by | users | members | requests | time / loop |\n|---|---:|---:|---:|---:|")
    best = {name: tuple(map(min, zip(*(each[name] for each in rounds), strict=True))) for name in WAYS}
    best["one request for each object"] = single
    loop = sum(best["httpx loop"][:2])
    for name, (users, listed, requests) in best.items():
        print(f"| {name} | {users:.2f} s | {listed:.2f} s | {requests:,} | {(users + listed) / loop:.2f} |")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
