"""Which function answers a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idcode.directories.sandbox.tenant.errors import method_not_allowed, no_such_segment
from idcode.directories.sandbox.tenant.exchange import Reply

if TYPE_CHECKING:
    from idcode.directories.sandbox.tenant.work import Work

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: ``Route("DELETE", "/groups/{id}/members/{member}/$ref", remove_member)``.

    A parameter is one whole segment, or what stands between the quotes of an alternate key:
    ``/groups(uniqueName='{name}')``. Literal text is compared without case. Where two templates fit, the one with the
    literal segment wins (``/users/delta``).
    """

    method: str
    template: str
    function: Callable[[Work], Reply]


class Router:
    """The routes of a tenant, found by the segments of a path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._known: dict[str, dict[str, Route]] = {}
        for route in routes:
            methods = self._known.setdefault(route.template, {})
            assert route.method not in methods, f"{route.method} {route.template} twice"
            methods[route.method] = route
        # Templates with their first parameter furthest to the right come first: literal text wins.
        order = sorted(self._known, key=_literalness)
        self._by_length: dict[int, list[tuple[re.Pattern[str], str]]] = {}
        for template in order:
            self._by_length.setdefault(template.count("/"), []).append((_pattern(template), template))

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route for a path and what stands in the places of its parameters.

        Raises ``GraphError`` for a path, or a method of it, that there is none for.
        """
        path = path.rstrip("/")
        for pattern, template in self._by_length.get(path.count("/"), ()):
            found = pattern.fullmatch(path)
            if found:
                route = self._known[template].get(method)
                if route is None:
                    raise method_not_allowed()
                return route, {name: value.replace("''", "'") for name, value in found.groupdict().items()}
        raise no_such_segment(path.rsplit("/", 1)[-1])


def _literalness(template: str) -> tuple[tuple[bool, bool], ...]:
    """Return what sorts templates of one length by the place of their first parameters."""
    return tuple(("{" in segment, "(" not in segment) for segment in template.split("/"))


def _pattern(template: str) -> re.Pattern[str]:
    parts = []
    end = 0
    for found in _PARAMETER.finditer(template):
        quoted = template[: found.start()].endswith("'")
        parts += [re.escape(template[end : found.start()])]
        parts += [f"(?P<{found[1]}>{_QUOTED if quoted else _SEGMENT})"]
        end = found.end()
    return re.compile("".join(parts) + re.escape(template[end:]), re.IGNORECASE)


_SEGMENT = "[^/]+"
_QUOTED = "(?:[^'/]|'')*"
