"""Settings of ``type: yaml``; no I/O."""

from __future__ import annotations

from typing import Literal

from idcode.config.models.project import SourceLimits


class YamlSettings(SourceLimits):
    """People kept in the repository itself: a list of mappings."""

    type: Literal["yaml"]
    path: str
