"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` resembles most, or ``None`` where none comes close."""
    names = list(dict.fromkeys(known))
    folded = {_fold(other): other for other in reversed(names)}
    if _fold(name) in folded:
        return folded[_fold(name)]
    close = get_close_matches(_fold(name), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggestion(name: str, known: Iterable[str], what: str) -> str:
    """Return a hint: the nearest name, or the list of those there are (``what`` names them, in the plural)."""
    names = list(dict.fromkeys(known))
    guess = nearest(name, names)
    if guess:
        return f"did you mean {guess!r}?"
    if not names:
        return f"there are no {what}"
    shown = ", ".join(sorted(names)[:12])
    return f"known {what}: {shown}{', …' if len(names) > 12 else ''}"


def _fold(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")
