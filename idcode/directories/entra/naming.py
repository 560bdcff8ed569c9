"""Which names Entra ID takes (pages *Create user* and *Create group*)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_UPN = re.compile(r"[A-Za-z0-9'.\-_!#^~]+")
_LOCAL_LIMIT = 64
_NICKNAME_FORBIDDEN = frozenset('@()\\[]";:<>, ')


def upn_problems(text: str, domains: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with a userPrincipalName; ``domains`` are the verified ones, in lower case."""
    local, at, domain = text.rpartition("@")
    if not at or not local:
        yield "it is not of the form name@domain"
        return
    bad = sorted(set(_UPN.sub("", local)))
    if bad:
        yield f"it must not have {' '.join(map(repr, bad))}"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        yield "dots must stand between other characters"
    if len(local) > _LOCAL_LIMIT:
        yield f"the part before the @ takes at most {_LOCAL_LIMIT} characters"
    if domain.lower() not in domains:
        yield f"{domain} is not a verified domain of the tenant"


def nickname_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the mailNickname of a group."""
    bad = sorted({char for char in text if char in _NICKNAME_FORBIDDEN or not " " < char < "\x7f"})
    if bad:
        yield f"it must not have {' '.join(map(repr, bad))}"
