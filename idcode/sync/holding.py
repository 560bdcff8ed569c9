"""Holds of ``decisions.yaml`` and break-glass accounts: whom they are about, and that they are about somebody."""

from __future__ import annotations

from dataclasses import replace

from idcode.config.project import Repository
from idcode.model.addresses import Address
from idcode.model.desired import EVERYTHING, Hold
from idcode.sync.context import Context

BREAK_GLASS = "a break-glass account (guards.break_glass)"


def read_holds(repository: Repository) -> tuple[Hold, ...]:
    """Return the holds with plain addresses (or ``directory/anchor``), as the files name them.

    A break-glass account is on hold for good.
    """
    directories = list(repository.project.directories)  # of which an apply has only those it changes

    def plain(text: str) -> str:
        directory, slash, anchor = text.partition("/")
        if slash and directory in directories:
            return f"{directory}/{anchor.lower()}"
        return str(Address.parse(text, directories))

    decided = (
        Hold(plain(hold.object), frozenset(hold.forbid), hold.until, hold.reason) for hold in repository.decisions.holds
    )
    break_glass = (Hold(plain(text), EVERYTHING, None, BREAK_GLASS) for text in repository.project.guards.break_glass)
    return (*decided, *break_glass)


def resolve_holds(context: Context) -> tuple[Hold, ...]:
    """Return the holds with the addresses that people have now; say which are about nobody.

    A key in another letter case, and a former key that ``same`` joins, mean the person all the same.
    """
    found = []
    for hold in read_holds(context.repository):
        found.append(hold)
        directory, slash, anchor = hold.object.partition("/")
        if slash and directory in context.repository.directories:
            reading = context.directory(directory)
            if reading is None or anchor in reading.view.objects:
                continue
            named = [live for live in reading.view.objects.values() if hold.is_about(directory, live)]
            found += [replace(hold, object=f"{directory}/{live.anchor}") for live in named]
            if not named:
                _say_unknown(context, hold)
            continue
        address = Address.parse(hold.object, context.repository.directories)
        population = context.populations.get(address.type)
        if population is None:
            continue
        identity = population.find(address.key)
        if identity is not None:
            now = Address(identity.type, identity.key, address.directory, address.rule)
            found.append(replace(hold, object=str(now)))
        elif population.creating_incomplete is None:
            _say_unknown(context, hold)
    return tuple(dict.fromkeys(found))


def _say_unknown(context: Context, hold: Hold) -> None:
    if hold.reason == BREAK_GLASS:
        context.say(
            "error",
            "break-glass-unknown",
            f"guards.break_glass names {hold.object}, which is not there: it protects nothing",
            hold.object,
            "Correct the name, or take it off the list.",
        )
        return
    context.say(
        "error",
        "hold-unknown",
        f"decisions.yaml holds {hold.object} ({hold.reason}), which is not there: nothing is held by it",
        hold.object,
        "Correct the address, or take the hold out.",
    )
