"""The smallest service that keeps something: what stands in front of it is what is tried."""

from __future__ import annotations

from typing import Any

from idcode.directories.sandbox.tenant.errors import not_found
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.directories.sandbox.tenant.http.refusals import refusal

JSON = {"Content-Type": "application/json"}


def upn(name: str) -> str:
    return f"{name}@contoso.example"


def user(name: str) -> dict[str, Any]:
    """Return what creates a user."""
    return {
        "accountEnabled": True,
        "displayName": name.title(),
        "mailNickname": name,
        "userPrincipalName": upn(name),
        "passwordProfile": {"password": "Xk7!practice-only"},
    }


def create(name: str) -> Request:
    return Request("POST", "/users", body=user(name))


def step(identifier: str, method: str, url: str, **more: Any) -> dict[str, Any]:
    """Return a request as it stands in a batch."""
    return {"id": identifier, "method": method, "url": url, **more}


def creating(identifier: str, name: str, **more: Any) -> dict[str, Any]:
    return step(identifier, "POST", "/users", **{"body": user(name), "headers": JSON, **more})


def batch(*names: str) -> dict[str, Any]:
    """Return a batch that creates these users."""
    return {"requests": [creating(name, name) for name in names]}


class Shelf:
    """Users by logon name: ``POST /users`` puts one there, ``GET`` and ``DELETE /users/{name}`` find it."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        name = request.path.rpartition("/")[2]
        if request.method == "POST":
            self.users[request.body["userPrincipalName"]] = request.body["displayName"]
            return Reply(201, {"id": request.body["userPrincipalName"]})
        if request.path == "/users":
            return Reply(200, {"value": []})
        if name == "$count":
            return Reply(200, len(self.users), {"Content-Type": "text/plain"})
        if name not in self.users:
            return refusal(not_found(name), request)
        if request.method == "DELETE":
            del self.users[name]
            return Reply(204)
        return Reply(200, {"displayName": self.users[name]})

    @property
    def names(self) -> set[str]:
        """The display names of all users."""
        return set(self.users.values())
