"""Settings of ``type: ad``; no network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from idcode.config.models.base import Duration, Node


class AdBind(Node):
    """How to authenticate: a simple bind over TLS, or Kerberos with the ticket cache or keytab of the environment."""

    method: Literal["simple", "kerberos"] = "simple"
    user: str | None = None
    password: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> AdBind:
        if self.method == "simple" and not (self.user and self.password):
            raise ValueError("a simple bind needs user and password")
        return self


class AdTls(Node):
    """Certificate validation; ``server_name`` only where the URL's host is not the certificate's."""

    ca_file: str | None = None
    server_name: str | None = None


class AdSettings(Node):
    """One AD domain; domains of one forest share ``forest``. ``disable_mark_in`` holds idcode's own disable mark."""

    type: Literal["ad"]
    servers: Annotated[list[str], Field(min_length=1)]
    base_dn: str
    forest: str | None = None
    bind: AdBind
    tls: AdTls = AdTls()
    disable_mark_in: str = "adminDescription"
    timeout: Duration = Field(default="PT60S", validate_default=True)
