"""``idcode.yaml``: directories, sources, store, guards, apply."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, WithJsonSchema

from idcode.config.models.base import Dialect, Duration, ExpressionField, Node, Percent
from idcode.config.models.decisions import GuardName

OnTrip = Literal["stop", "hold"]
GUARDS: tuple[str, ...] = get_args(GuardName)


class Guard(Node):
    """At most ``max`` changes, or ``max_percent`` of what the rule manages; ``hold`` keeps back only these changes."""

    max: int | None = Field(default=None, ge=0)
    max_percent: float | None = Field(default=None, ge=0, le=100)
    on_trip: OnTrip = "stop"


class ScopeGuards(Node):
    """Limits of one directory or guard scope."""

    create: Guard | None = None
    update: Guard | None = None
    clear: Guard | None = None
    move: Guard | None = None
    logon_name: Guard | None = None
    mail_address: Guard | None = None
    enable: Guard | None = None
    disable: Guard | None = None
    delete: Guard | None = None
    membership_loss: Guard | None = None
    membership_gain: Guard | None = None
    privileged_gain: Guard | None = None
    licence_loss: Guard | None = None
    authority: Guard | None = None
    protected: Guard | None = None


class Guards(ScopeGuards):
    """Limits per directory and rule; ``scopes`` has those that differ, by directory or guard scope.

    ``break_glass`` names accounts that nothing touches: addresses, ``directory/anchor`` or ``directory/logon name``.
    """

    scopes: dict[str, ScopeGuards] = {}
    min_population: int = Field(default=10, ge=1)
    protect: list[ExpressionField] = []
    break_glass: list[str] = []


class ApplySettings(Node):
    """How plans are applied; ``canary`` is the size of the first batch of each phase."""

    batch_size: int = Field(default=200, ge=1, le=10_000)
    canary: int = Field(default=5, ge=0)
    max_failures: int = Field(default=10, ge=0)
    plan_expires: Duration = Field(default="P1D", validate_default=True)


class Credentials(Node):
    """The program that receives new passwords as JSON on standard input, one account a call."""

    command: list[str] = Field(min_length=1)
    timeout: Duration = Field(default="PT60S", validate_default=True)


class Signing(Node):
    """Who signs plans: ``private_key`` is PEM or a file; and what ``apply`` accepts: files of public keys."""

    private_key: str | None = None
    public_keys: list[str] = Field(min_length=1)


class Project(Node):
    """``idcode.yaml``.

    ``directories`` and ``sources`` map names to settings whose form depends on ``type``; each adapter validates
    its own (``settings.py``), so they stay plain here until the registry has looked at them.
    """

    version: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
    project: str = Field(min_length=1)
    include: list[str] = ["rules/*.yaml", "objects/**/*.yaml", "decisions.yaml"]
    dialect: Dialect = "entra"
    parameters: dict[str, str] = {}
    directories: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    store: str = "sqlite:///.idcode/idcode.db"
    guards: Guards = Guards()
    apply: ApplySettings = ApplySettings()
    credentials: Credentials | None = None
    signing: Signing | None = None
    redact: list[str] = []


class SourceLimits(Node):
    """What every source may insist on."""

    key: str
    required: list[str] = []
    max_null: dict[str, Percent] = {}
    max_shrink: Percent | None = None
