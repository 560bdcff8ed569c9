"""Looks for planted secrets wherever idcode may have left them, in every form they may have taken."""

from __future__ import annotations

import base64
import json
import stat
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


def forms(secret: str) -> set[bytes]:
    """Return a secret as text, as AD takes passwords, and as encoders and quoting leave it."""
    plain = {secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret), urllib.parse.quote(secret, safe="")}
    encoded = {text.encode() for text in plain} | {secret.encode("utf-16-le"), f'"{secret}"'.encode("utf-16-le")}
    return encoded | {base64.b64encode(raw) for raw in encoded} | {raw.hex().encode() for raw in encoded}


def found_in(secrets: Mapping[str, str], texts: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return which secret is in which text."""
    return [
        (name, where)
        for name, secret in secrets.items()
        for where, text in texts.items()
        if any(form in text for form in forms(secret))
    ]


def files(folders: Iterable[Path], but: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield all files below ``folders`` except ``but``."""
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in but)


def readable_by_others(paths: Iterable[Path]) -> list[str]:
    """Return the files and folders among ``paths`` that somebody else than their owner may open."""
    return [str(path) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]
