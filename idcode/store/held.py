"""Which changes stay undone: what a rollback took back must not return with the next plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Run = tuple[str, str, str | None, str]
"""Run id, kind, the run it rolls back, digest of its configuration."""
Finished = tuple[str, str, str]
"""Run id, change id, key: a change whose wanted state was reached."""


def keys_held(history: Iterable[Run], finished: Iterable[Finished], config_digest: str) -> set[str]:
    """Return the keys undone by rollbacks of runs with ``config_digest``, and not done again since.

    ``history`` is in order of time. A change of a rollback that undoes change ``c7`` has the id ``c7``, what
    else it needs for that ``c7-1`` and so on; the rollback of a rollback does the changes of the first run again.
    """
    done: dict[str, dict[str, str]] = defaultdict(dict)
    for run_id, change_id, key in finished:
        done[run_id][change_id] = key
    undoes: dict[str, str] = {}
    digests: dict[str, str] = {}
    keys: set[str] = set()
    for run_id, kind, rolls_back, digest in history:
        digests[run_id] = digest
        if kind == "apply" or rolls_back is None:
            keys.difference_update(done[run_id].values())
            continue
        undoes[run_id] = rolls_back
        root, again = _root(run_id, undoes)
        if digests.get(root) != config_digest:
            continue
        undone = {done[root][change_id] for change_id in done[run_id] if change_id in done[root]}
        keys = keys - undone if again else keys | undone
    return keys


def _root(run_id: str, undoes: dict[str, str]) -> tuple[str, bool]:
    """Return the apply that a chain of rollbacks starts from, and whether this one does its changes again."""
    again = True
    while run_id in undoes:
        run_id, again = undoes[run_id], not again
    return run_id, again
