"""The repository on a pristine domain, as in the acceptance tests."""

from __future__ import annotations

from tests.acceptance.conftest import repo, witness

__all__ = ["repo", "witness"]
