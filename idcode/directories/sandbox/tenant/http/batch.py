"""``POST /$batch``: up to twenty requests in one (Graph: "Combine multiple HTTP requests using JSON batching")."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from idcode.directories.sandbox.tenant.errors import GraphError, malformed, method_not_allowed
from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service
from idcode.directories.sandbox.tenant.http.refusals import refusal

PATH = "/$batch"
MAXIMUM = 20
_WITH_BODY = ("POST", "PATCH", "PUT")
_METHODS = ("GET", "DELETE", *_WITH_BODY)
_NOT_RELATIVE = re.compile(r"//|[A-Za-z][A-Za-z0-9+.-]*:")


class Batches:
    """A service that takes batches apart for the one behind it, and lets single requests through.

    Requests of a batch are carried out one after the other, as they stand; their answers come in another order, the
    same for the same batch, because no client may rely on it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle(self, request: Request) -> Reply:
        """Answer a request or a whole batch."""
        if request.path != PATH:
            return self._service.handle(request)
        if request.method != "POST":
            return refusal(method_not_allowed(), request)
        try:
            steps = _checked(request.body)
        except GraphError as error:
            return refusal(error, request)
        answers = self._answers(steps, request.base)
        responses = list(answers.values())
        random.Random(" ".join(answers)).shuffle(responses)
        return Reply(200, {"responses": responses})

    def _answers(self, steps: Sequence[Mapping[str, Any]], base: str) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for step in steps:
            request = _request(step, base)
            needed = [answers[name.lower()]["status"] for name in step.get("dependsOn", ())]
            if all(200 <= status < 300 for status in needed):
                reply = self._service.handle(request)
            else:
                reply = refusal(_failed_dependency(), request)
            answers[step["id"].lower()] = _answer(step["id"], reply)
        return answers


def _unreadable() -> GraphError:
    return malformed("Invalid batch payload format.")


def _failed_dependency() -> GraphError:
    return GraphError(424, "FailedDependency", "A request that this one depends on has failed.")


def _request(step: Mapping[str, Any], base: str) -> Request:
    """Return a step as a request of its own: nothing of the batch's headers reaches it."""
    return Request(
        method=step["method"].upper(),
        path=_path(step["url"]),
        query=dict(parse_qsl(step["url"].partition("?")[2], keep_blank_values=True)),
        headers={name.lower(): str(value) for name, value in step.get("headers", {}).items()},
        body=step.get("body"),
        base=base,
    )


def _path(url: str) -> str:
    """Return the path of a relative URL, decoded; the slash that it begins with may be left out."""
    return unquote("/" + url.partition("?")[0].lstrip("/"))


def _answer(identifier: str, reply: Reply) -> dict[str, Any]:
    headers = dict(reply.headers)
    answer: dict[str, Any] = {"id": identifier, "status": reply.status, "headers": headers}
    if reply.body is None:
        return answer
    kind = headers.setdefault("Content-Type", "application/json")
    json = kind.startswith("application/json")
    answer["body"] = reply.body if json else base64.b64encode(str(reply.body).encode()).decode()
    return answer


def _checked(body: Any) -> Sequence[Mapping[str, Any]]:
    """Return the steps of a batch. Raises ``GraphError`` where Graph refuses all of it."""
    steps = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(steps, list) or not steps:
        raise _unreadable()
    if len(steps) > MAXIMUM:
        raise GraphError(
            400, "MaximumValueExceeded", f"Number of batch request steps exceeds the maximum value of {MAXIMUM}."
        )
    earlier: set[str] = set()
    for step in steps:
        _check(step, earlier)
        earlier.add(step["id"].lower())
    return steps


def _check(step: Any, earlier: set[str]) -> None:
    if not isinstance(step, dict) or not all(
        isinstance(step.get(key), str) and step[key] for key in ("id", "method", "url")
    ):
        raise _unreadable()
    identifier, method = step["id"], step["method"].upper()
    headers, depends = step.get("headers", {}), step.get("dependsOn", [])
    if method not in _METHODS or not isinstance(headers, dict) or not isinstance(depends, list):
        raise _unreadable()
    if _NOT_RELATIVE.match(step["url"]) or _path(step["url"]).lower() == PATH:  # batches do not nest
        raise _unreadable()
    if identifier.lower() in earlier:
        raise malformed(f"Request Id {identifier} has to be unique in a batch.")
    declared = any(name.lower() == "content-type" for name in headers)
    if (method in _WITH_BODY or "body" in step) and not (declared and "body" in step):
        raise malformed(f"Write request id : {identifier} does not contain Content-Type header or body.")
    if any(not isinstance(name, str) or name.lower() not in earlier for name in depends):
        raise malformed(f"Invalid dependency for request Id : {identifier}.")
