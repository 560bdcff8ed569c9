"""``idcode init``: the beginning of a repository, copied from the examples."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import idcode
from idcode.cli import console, wiring
from idcode.config.schemas import schema_texts
from idcode.model.errors import UsageError

EXAMPLES = ("contoso",)
_START, _PIPELINES = "start", "pipelines"
_LEFT_BEHIND = (".idcode", ".demo", "plan.json")
"""What a practice run leaves in an example of a checkout; no part of it."""
_ELSEWHERE = "Choose another folder, such as: idcode init identities"


def run(directory: Path, example: str | None) -> int:
    """Write a starting repository, or an example; nothing where any of its files is there already."""
    if example is not None and example not in EXAMPLES:
        raise UsageError(f"there is no example {example}", f"The examples: {', '.join(EXAMPLES)}.")
    files = {**_files(example or _START), **_files(_PIPELINES), **_schemas()}
    _insist_on_room(directory, files)
    try:
        for name, content in files.items():
            _write(directory / name, content)
    except OSError as error:
        raise UsageError(f"{error.filename or directory} cannot be written: {error.strerror}") from error
    for name in sorted(files):
        console.say(str(directory / name))
    steps = ["idcode validate", "idcode test", "idcode plan --sandbox", "idcode apply --sandbox"]
    if directory.resolve() != Path.cwd():
        steps.insert(0, f"cd {shlex.quote(str(directory))}")
    console.note(f"{len(files)} files written. On a practice domain, which needs nothing else:")
    for step in steps:
        console.note(f"  {step}")
    return 0


def examples() -> Path:
    """Return the folder with the examples: inside the installed package, or beside it in a checkout."""
    package = Path(idcode.__file__).parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "examples"


def _files(example: str) -> dict[str, bytes]:
    """Return the files of an example by their place below the repository's root."""
    root = examples() / example
    found = {}
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if path.is_file() and place.parts[0] not in _LEFT_BEHIND:
            # In the checkout the schemas lie two folders above an example, in a repository of its own at its root.
            found[place.as_posix()] = path.read_bytes().replace(b"$schema=../../", b"$schema=")
    return found


def _schemas() -> dict[str, bytes]:
    return {f"schemas/{name}": text.encode() for name, text in schema_texts(wiring.registry()).items()}


def _insist_on_room(directory: Path, files: Mapping[str, bytes]) -> None:
    """Raise ``UsageError`` where something is in the way of a file, or of a folder for it."""
    if (directory / "idcode.yaml").is_file():
        raise UsageError(f"nothing was written, {directory} already is a repository", _ELSEWHERE)
    taken = []
    for name in files:
        path = directory / name
        blocked = [parent for parent in path.parents if os.path.lexists(parent) and not parent.is_dir()]
        if os.path.lexists(path) or blocked:
            taken.append(str(blocked[0] if blocked else path))
    if taken:
        raise UsageError(
            f"nothing was written, there already is {', '.join(dict.fromkeys(taken))}",
            f"{_ELSEWHERE}; or move these away first",
        )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
    if content.startswith(b"#!"):
        path.chmod(0o755)
