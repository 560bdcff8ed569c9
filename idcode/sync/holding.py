"""Holds of ``decisions.yaml``: whom they are about, and that they are about somebody."""

from __future__ import annotations

from dataclasses import replace

from idcode.config.project import Repository
from idcode.model.addresses import Address
from idcode.model.desired import Hold
from idcode.sync.context import Context


def read_holds(repository: Repository) -> tuple[Hold, ...]:
    """Return the holds with plain addresses (or ``directory/anchor``), as the files name them."""
    directories = list(repository.directories)

    def plain(text: str) -> str:
        directory, slash, anchor = text.partition("/")
        if slash and directory in directories:
            return f"{directory}/{anchor.lower()}"
        return str(Address.parse(text, directories))

    return tuple(
        Hold(plain(hold.object), frozenset(hold.forbid), hold.until, hold.reason) for hold in repository.decisions.holds
    )


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
            if reading is not None and anchor not in reading.view.objects:
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
    context.say(
        "error",
        "hold-unknown",
        f"decisions.yaml holds {hold.object} ({hold.reason}), which is not there: nothing is held by it",
        hold.object,
        "Correct the address, or take the hold out.",
    )
