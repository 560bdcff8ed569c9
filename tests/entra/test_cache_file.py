"""The cache of what was read is a help, never a need."""

from __future__ import annotations

from pathlib import Path

from idcode.directories.entra.cache import Cache


def test_where_the_cache_cannot_be_written_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "cloud.db").mkdir()
    cache = Cache(tmp_path / "cloud.db")
    cache.update("users", None, [], ["gone"])
    cache.forget()
    assert (tmp_path / "cloud.db").is_dir()
