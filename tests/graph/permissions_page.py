"""``docs/permissions.md``, made from the table that the product has; ``make permissions`` writes it."""

from __future__ import annotations

from pathlib import Path

from idcode.directories.entra.permissions import USES, Use

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"

_INTRODUCTION = """\
# Permissions in Microsoft Graph

Give the application that idcode signs in as these **application permissions**, and an administrator's consent to them,
in Entra under *App registrations*. Take the first row and those for what your files declare. Where one of them is
missing, Graph refuses that request, and idcode says which permission it needs. Delegated permissions are not needed.

| for | permissions |
| --- | --- |
"""
_DETAILS = """
For each request of idcode to Graph (v1.0), the least privileged permission that does. A reason stands where Graph's
pages name a lesser one that does not show or do enough, or name none for the request itself.
"""


def render() -> str:
    """Return the page."""
    rows = (f"| {use.name} | {', '.join(f'`{name}`' for name in use.permissions)} |\n" for use in USES)
    return _INTRODUCTION + "".join(rows) + _DETAILS + "".join(map(_section, USES))


def _section(use: Use) -> str:
    note = f"\n{use.note}\n" if use.note else ""
    rows = (f"| `{op.method} {op.path}` | `{op.permission}` | {op.why} |\n" for op in use.operations)
    return f"\n## {use.name}\n{note}\n| request | permission | why |\n| --- | --- | --- |\n" + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
