"""Generated values: made once, then read back from where they live."""

from __future__ import annotations

from typing_extensions import TypeIs

from idcode.expressions import EvaluationError, UnknownValueError
from idcode.model.schema import AttributeType
from idcode.model.syntax import text_of
from idcode.model.values import Result, Scalar, Special, Value
from idcode.sync.context import Context
from idcode.sync.identities import Identity, Population
from idcode.sync.presence import environment
from idcode.sync.unique import Place, select


def generate(context: Context, population: Population, identity: Identity, name: str) -> None:
    """Give the identity its generated value: the one it has, else the first free candidate."""
    made = population.rules.type.generate[name]
    program = population.rules.generate[name]
    own = {live.anchor for live in identity.links.values() if live is not None}
    for place in made.kept_in:
        directory, rule, attribute = population.rules.place(place)
        live = identity.links.get(rule) if rule else None
        reading = context.directory(directory)
        if live is None or reading is None:
            continue
        if not reading.view.knows(live, attribute):
            identity.values[name] = Special.UNKNOWN  # it may have one already
            return
        held = live.get(reading.view.schema.spelled(attribute))
        if held:
            identity.values[name] = held[0]
            return
    identity.values[name] = Special.UNKNOWN
    wants = [context.presence.get((identity.type, identity.key, rule)) for rule in population.rules.outbound]
    if not any(presence in ("create", "restore", "keep") for presence in wants):
        return
    env = environment(context, identity, None, program.attributes, "", name)
    try:
        candidates: tuple[Value, ...] = program.candidates(env) if program.unique else (_plain(program(env)),)
    except EvaluationError as error:
        if not isinstance(error, UnknownValueError):
            context.say(
                "error",
                "generate-error",
                f"{name} of {identity.address} cannot be made: {error}",
                identity.address,
                "Correct the record, or let the expression handle such values.",
                made.value.span,
            )
        return
    places = []
    for place in made.unique_in or made.kept_in:
        directory, _, attribute = population.rules.place(place)
        reading = context.directory(directory)
        found = reading.view.schema.find(attribute) if reading else None
        if reading is not None and found is None:
            return  # its uniqueness cannot be checked; the unknown attribute has been said
        if found is not None:
            places.append((_domain_place(context, directory, found), found))
    if not all(context.register.is_known(spot) for spot, _ in places):
        return
    chosen = select(context.register, places, candidates, identity.address, own, None)
    if chosen is not None:
        identity.values[name] = chosen
        return
    context.say(
        "error",
        "no-unique-value",
        f"no {name} is free for {identity.address}: {', '.join(text_of(c) for c in candidates if is_single(c))} "
        "are taken or empty",
        identity.address,
        "Add a candidate to SelectUniqueValue.",
        made.value.span,
    )


def _plain(result: Result) -> Scalar | None:
    return None if isinstance(result, Special | tuple) else result


def is_single(value: Value) -> TypeIs[Scalar]:
    """Whether a candidate is one value, neither null nor a list."""
    return value is not None and not isinstance(value, tuple)


def _domain_place(context: Context, directory: str, attribute: AttributeType) -> Place:
    """A generated value must at least be unique in its directory, whatever the schema says."""
    widened = (
        attribute
        if attribute.unique in ("forest", "tenant", "domain")
        else AttributeType(attribute.name, attribute.kind, attribute.single, unique="domain")
    )
    return context.register.place(directory, widened)
