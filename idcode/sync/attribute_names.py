"""Names of directory attributes that rules use: compared with the schema before anything rests on them.

``validate`` cannot know them, since it needs no network. Each unknown name is said once; what rests on it is frozen
where it is used, and a protection that could protect nothing stops everything.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.errors import ConfigError, DirectoryError
from idcode.model.records import ObjectType
from idcode.sync.context import Context
from idcode.sync.programs import IdentityRules, program

_OWN = frozenset({"objectguid", "distinguishedname"})
"""What objects have without an attribute of the schema being read."""


def check_names(context: Context) -> None:
    """Say which attributes that rules read or keep values in their directory does not have.

    Raises ``ConfigError`` where ``guards.protect`` names an attribute that no directory and no identity has.
    """
    for kind in context.rules.values():
        for directory, name, what, span in _named(kind):
            reading = context.directory(directory)
            if reading is None or name.lower() in _OWN or reading.view.schema.find(name) is not None:
                continue
            context.say(
                "error",
                "unknown-directory-attribute",
                f"{what} names {name}, an attribute that directory {directory} does not have",
                directory,
                _nearest(name, (attribute.name for attribute in reading.view.schema)),
                span,
            )
    _check_protect(context)


def check_recognition(context: Context) -> None:
    """Insist that whatever objects are recognised by was read: without it everybody would look new.

    Raises ``DirectoryError`` where it was not.
    """
    for directory, object_type, name, who in _recognised_by(context):
        reading = context.directory(directory)
        if reading is None or reading.view.schema.spelled(name) not in reading.view.unread.get(object_type, ()):
            continue
        raise DirectoryError(
            f"{directory}: {name} ({object_type}) was not read, and {who} recognises objects by it: "
            "everything would look new",
            "Take a new snapshot, which reads what the files use now (idcode snapshot); what stands under redact "
            "is not in one, and needs the live directory.",
        )


def _recognised_by(context: Context) -> Iterator[tuple[str, ObjectType, str, str]]:
    """Yield directory, object type, attribute, and who goes by it."""
    for kind in context.rules.values():
        for rule in kind.outbound.values():
            object_type: ObjectType = "contact" if rule.rule.object == "contact" else "user"
            for join in rule.joins:
                for name, _ in join:
                    yield rule.rule.directory, object_type, name, f"rule {rule.name}"
    for file in context.repository.objects:
        for group in file.groups:
            reading = context.directory(file.directory)
            if reading is not None:
                yield file.directory, "group", reading.view.schema.terms.name, f"the group at {group.at}"
            if group.for_each is not None:
                yield file.directory, "group", group.for_each.kept_in, f"the group at {group.at}"


def _named(kind: IdentityRules) -> Iterator[tuple[str, str, str, Span]]:
    """Yield directory, attribute, what names it, and where; joins and flows speak for themselves where they run."""
    for rule in kind.outbound.values():
        for name in sorted(rule.object_attributes()):
            yield rule.rule.directory, name, f"rule {rule.name}", rule.rule.at
    for inbound in kind.inbound.values():
        if inbound.rule.directory:
            read = {name for flow in inbound.flows.values() for name in flow.attributes}
            for name in sorted(read | (inbound.scope.attributes if inbound.scope else set())):
                yield inbound.rule.directory, name, f"rule {inbound.name}", inbound.rule.at
    for made, settings in kind.type.generate.items():
        for text in dict.fromkeys((*settings.kept_in, *settings.unique_in)):
            directory, _, name = kind.place(text)
            yield directory, name, f"generate: {made}", settings.at
    lifecycle = kind.type.lifecycle
    if lifecycle and lifecycle.missing:
        directory, _, name = kind.place(lifecycle.missing.since_in)
        yield directory, name, "since_in", lifecycle.missing.key_at("since_in")


def _check_protect(context: Context) -> None:
    project = context.repository.project
    people = {name for kind in context.rules.values() for name in kind.type.attributes}
    schemas = [reading.view.schema for reading in context.gathered.directories.values()]
    for expression in project.guards.protect:
        for name in sorted(program(expression, project.dialect, project.parameters).attributes):
            known = name in people or name.lower() in _OWN or any(schema.find(name) for schema in schemas)
            if schemas and not known:
                message = (
                    f"guards.protect names {name}, which no directory and no identity has: it would protect nothing"
                )
                hint = _nearest(name, (attribute.name for schema in schemas for attribute in schema))
                found = Diagnostic("error", "unknown-directory-attribute", message, hint, expression.span, "guards")
                raise ConfigError("a protection cannot be checked", [found])


def _nearest(name: str, known: Iterator[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {near[0]}?" if near else "Check the schema of the directory."
