"""Replies of what stands in front of the tenant, in Graph's envelope."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from idcode.directories.sandbox.tenant.errors import GraphError
from idcode.directories.sandbox.tenant.exchange import Reply, Request


def refusal(error: GraphError, request: Request) -> Reply:
    """Return the reply to a request that never reaches the tenant; its date is of the real time, as any gateway's."""
    own = str(uuid.uuid4())
    theirs = request.headers.get("client-request-id") or own
    body = error.envelope(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), own, theirs)
    return Reply(error.status, body, {"request-id": own, "client-request-id": theirs, **error.headers})
