"""The application behind a port of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from idcode.directories.sandbox.tenant.http.asgi import Application
from idcode.directories.sandbox.tenant.http.tls import Identity
from idcode.model.errors import DirectoryError

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
_GRACE_SECONDS = 2
"""How long requests that are under way may take when the server stops."""


class Server:
    """An application at one address; other machines cannot reach it.

    ``port`` 0 takes any that is free. Raises ``DirectoryError`` where the port is taken.
    """

    def __init__(self, app: Application, tls: Identity | None = None, port: int = 0) -> None:
        self._socket = _bound(port)
        self._server = _server(app, tls)
        # The certificate is for the name: not every client takes an address.
        host = "localhost" if tls else HOST
        self.address = f"{'https' if tls else 'http'}://{host}:{self._socket.getsockname()[1]}"
        """Where it is, without a path: ``https://localhost:8443``."""

    def run(self) -> None:
        """Serve until the process is interrupted. Raises ``KeyboardInterrupt`` then."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Let ``run`` return, from another thread."""
        self._server.should_exit = True


@contextmanager
def serving(app: Application, tls: Identity | None = None) -> Iterator[str]:
    """Serve in a thread at any free port; gives the address, and stops at the end."""
    server = Server(app, tls)
    thread = threading.Thread(target=server.run, name="tenant")
    thread.start()
    try:
        # Connections wait at the socket, which listens already, until the server takes them.
        yield server.address
    finally:
        server.stop()
        thread.join()


def _bound(port: int) -> socket.socket:
    # With the protocol named, asyncio sends small answers at once; otherwise each waits 40 ms for an acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise DirectoryError(
            f"port {port} of {HOST} cannot be used: {error.strerror or error}", "Choose another with --port."
        ) from None
    return bound


def _server(app: Application, tls: Identity | None) -> uvicorn.Server:
    import uvicorn

    class Closing(uvicorn.Server):
        """Closes what it keeps open where requests last longer than the grace; uvicorn leaves that to the collector."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            for connection in list(self.server_state.connections):
                if transport := getattr(connection, "transport", None):
                    transport.abort()
            # A transport closes its socket in the next turn of the loop, and no turn comes after this method.
            await asyncio.sleep(0)

    return Closing(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
    )
