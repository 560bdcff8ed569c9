"""Outbound rules: what should be in the objects of identities, and where they stand."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from idcode.expressions import Environment, EvaluationError, UnknownValueError
from idcode.model import dn
from idcode.model.addresses import Address, split_path
from idcode.model.desired import DesiredObject, Wanted
from idcode.model.plans import Reported
from idcode.model.records import LiveObject
from idcode.model.schema import AttributeType, Kind
from idcode.model.syntax import text_of, unique_key
from idcode.model.values import Result, Scalar, Special
from idcode.sync.context import Context, Presence
from idcode.sync.flows import Failed, wanted
from idcode.sync.gather import DirectoryReading
from idcode.sync.generated import is_single
from idcode.sync.identities import Identity, Population, evaluate
from idcode.sync.presence import environment
from idcode.sync.programs import Outbound, OutboundFlow
from idcode.sync.references import resolved
from idcode.sync.unique import Place, select


class ObjectBuilder:
    """Builds the desired objects of one outbound rule."""

    def __init__(self, context: Context, population: Population, rule: Outbound, reading: DirectoryReading) -> None:
        self.context = context
        self.population = population
        self.rule = rule
        self.reading = reading
        self.containers = context.containers[reading.name]
        self.flows = self._known_flows()

    def _known_flows(self) -> list[tuple[OutboundFlow, AttributeType]]:
        """Pair the flows with the schema; an attribute that the directory does not have is said once."""
        found = []
        names = {attribute.name for attribute in self.reading.view.schema}
        for flow in self.rule.flows:
            attribute = self.reading.view.schema.find(flow.attribute)
            if attribute is not None:
                found.append((flow, attribute))
                continue
            near = difflib.get_close_matches(flow.attribute, names, 1)
            self.context.say(
                "error",
                "unknown-directory-attribute",
                f"directory {self.reading.name} has no attribute {flow.attribute}; the flow is left out",
                self.rule.key,
                f"Did you mean {near[0]}?" if near else "Check the schema of the directory.",
                flow.span,
            )
        return found

    def build(self, identity: Identity, presence: Presence) -> DesiredObject | None:
        """Return the wanted object, or ``None`` where nothing is to be said about it."""
        live = identity.links.get(self.rule.name)
        address = str(Address(identity.type, identity.key, self.reading.name, self.rule.name))
        if live is not None and not live.deleted:
            self.context.owners[(self.reading.name, live.anchor)] = (identity, self.rule)
        if presence == "frozen":
            reason = identity.frozen or "; ".join(sorted(set(identity.unlinked.values()))) or "something is unknown"
            self.context.freeze(self.reading.name, address, identity.label, reason, live)
            return None
        if presence in ("none", "awaiting"):
            return None
        wanted_object = DesiredObject(
            address=address,
            directory=self.reading.name,
            object_type="contact" if self.rule.rule.object == "contact" else "user",
            label=identity.label,
            scope=self.rule.key,
            live=live,
            shadow=self.rule.rule.mode == "shadow",
        )
        if live is not None and self.rule.joins:
            names = (self.reading.view.schema.find(name) for name, _ in self.rule.joins[0])
            wanted_object.relied = {found.name: live.get(found.name) for found in names if found}
        if presence == "alone":
            return wanted_object
        if presence == "exit":
            if self.rule.rule.on_exit == "delete":
                wanted_object.action = "delete"
            elif self.rule.rule.on_exit == "disable" and live is not None and live.enabled:
                wanted_object.enabled = False
            return wanted_object
        if presence in ("create", "restore"):
            wanted_object.action = "create" if presence == "create" else "restore"
        if not self._place(identity, wanted_object) or not self._fill(identity, wanted_object):
            return None
        self._enable(identity, wanted_object)
        return wanted_object

    def _frozen(self, identity: Identity, wanted_object: DesiredObject, code: str, reason: str, hint: str) -> bool:
        """Freeze the object; ``False`` so that callers can return it."""
        self.context.presence[(identity.type, identity.key, self.rule.name)] = "frozen"
        self.context.freeze(self.reading.name, wanted_object.address, identity.label, reason, wanted_object.live)
        self.context.say("error", code, f"{wanted_object.address}: {reason}", identity.address, hint, self.rule.rule.at)
        return False

    def _place(self, identity: Identity, wanted_object: DesiredObject) -> bool:
        """Set the wanted container; ``False`` where the object is frozen."""
        if self.reading.view.flat:
            return True
        live = wanted_object.live
        names = self._path(identity, live)
        if isinstance(names, EvaluationError):
            if isinstance(names, UnknownValueError) and live is not None and not live.deleted:
                return True  # only the path is unknown: it stays, the rest runs
            return self._frozen(
                identity,
                wanted_object,
                "path-error",
                f"its path cannot be computed: {names}",
                "Correct the record, or let the path expression handle such values.",
            )
        if names is None:
            return True
        text = self.containers.dn_of(names)
        if not self.containers.exists(text):
            if self.rule.rule.missing_ou == "error":
                reason = f"there is no organizational unit {text}"
                hint = "Declare it under organizational_units, or say missing_ou: create in the rule."
                if wanted_object.action != "keep":
                    return self._frozen(identity, wanted_object, "missing-ou", reason, hint)
                # Only the move has to wait: a leaver loses access whether or not there is a place to move to.
                message = f"{wanted_object.address}: {reason}; it stays where it is"
                self.context.say("error", "missing-ou", message, identity.address, hint, self.rule.rule.at)
                return True
            if self.rule.rule.mode == "live":
                self.context.state.objects += self.containers.ensure(names)
        wanted_object.parent = text
        return True

    def _path(self, identity: Identity, live: LiveObject | None) -> tuple[str, ...] | EvaluationError | None:
        """Return the OU names, ``None`` where the object stays where it is."""
        if self.rule.segments:
            parts = []
            for segment in self.rule.segments:
                result = evaluate(
                    segment, environment(self.context, identity, live, segment.attributes, self.reading.name)
                )
                if isinstance(result, EvaluationError):
                    return result
                if result is None or result == "" or isinstance(result, Special | tuple):
                    return EvaluationError("a segment of the path is empty")
                parts.append(text_of(result))
            return tuple(parts)
        if self.rule.path is None:
            manages = self.rule.rule.manages
            return None if live is not None and not live.deleted else split_path(manages.base if manages else "")
        result = evaluate(
            self.rule.path, environment(self.context, identity, live, self.rule.path.attributes, self.reading.name)
        )
        if isinstance(result, EvaluationError):
            return result
        if result in (Special.ABSENT, Special.IGNORE_OBJECT) and live is not None and not live.deleted:
            return None
        if result is None or result == "" or isinstance(result, Special | tuple):
            return EvaluationError("the path is empty")
        try:
            return split_path(text_of(result))
        except ValueError as error:
            return EvaluationError(str(error))

    def _fill(self, identity: Identity, wanted_object: DesiredObject) -> bool:
        """Compute the flows; ``False`` where a creation lacks what it cannot do without.

        The attributes of a missing person are frozen, whatever a flow could still compute.
        """
        if identity.missing:
            return True
        live = wanted_object.live if wanted_object.action == "keep" else None
        if self.rule.rule.object == "guest" and wanted_object.action == "create":
            wanted_object.attributes["userType"] = Wanted(("Guest",))
        present = identity.values.keys()
        for flow, attribute in self.flows:
            env = environment(
                self.context,
                identity,
                live,
                flow.value.attributes | (flow.aliases.attributes if flow.aliases else frozenset()),
                self.reading.name,
                attribute.name,
            )
            result = self._value(wanted_object, flow, attribute, env, present, live)
            if isinstance(result, Wanted) and attribute.kind is Kind.REFERENCE:
                result = resolved(self.context, self.reading, attribute, result)
            if isinstance(result, Failed):
                if not result.unknown:
                    self.context.say(
                        "error",
                        "flow-error",
                        f"{attribute.name} of {wanted_object.address} cannot be computed: {result.reason}",
                        identity.address,
                        "Correct the record, or let the expression handle such values.",
                        flow.span,
                    )
                essential = attribute.unique is not None or attribute.name.lower() == "cn"
                if wanted_object.action != "keep" and essential:
                    return self._frozen(
                        identity,
                        wanted_object,
                        "cannot-create",
                        f"its {attribute.name} is unknown: {result.reason}",
                        "Correct what the diagnostic before this one says.",
                    )
                continue
            if result is None:
                continue
            if attribute.name.lower() == "cn" and not (result.shadow and wanted_object.action == "keep"):
                if result.values:
                    wanted_object.name, wanted_object.exact_name = text_of(result.values[0]), result.exact
            elif wanted_object.action == "keep" or result.values or result.add:
                wanted_object.attributes[attribute.name] = result
        if wanted_object.action == "create" and wanted_object.name is None and not self.reading.view.flat:
            return self._frozen(
                identity,
                wanted_object,
                "cannot-create",
                "it has no cn",
                "Add a flow for cn to the rule, and see that it has a value.",
            )
        return True

    def _value(
        self,
        wanted_object: DesiredObject,
        flow: OutboundFlow,
        attribute: AttributeType,
        env: Environment,
        present: Iterable[str],
        live: LiveObject | None,
    ) -> Wanted | Failed | None:
        """Compute one flow; unknown where a value has to be unique and it is not known who has it."""
        if not self._is_checked(flow, attribute):
            return Failed(attribute.name, "whether it is taken is not known", True)
        if flow.value.unique:
            return self._unique(wanted_object, flow, attribute, env)
        return wanted(flow, attribute, env, present, live)

    def _is_checked(self, flow: OutboundFlow, attribute: AttributeType) -> bool:
        """Whether it can be known that no other object has a value which must be unique."""
        if attribute.unique == "container" or not (attribute.unique or flow.value.unique):
            return True
        return self.context.register.is_known(self._unique_place(attribute, self.containers.base))

    def release(self, identity: Identity, presence: Presence) -> None:
        """Note which unique values the person's object lets go of: others may take them if nothing else is free."""
        live = identity.links.get(self.rule.name)
        if presence != "keep" or live is None or identity.missing:
            return
        for flow, attribute in self.flows:
            if not flow.value.unique or flow.flow.apply == "once":
                continue
            env = environment(self.context, identity, live, flow.value.attributes, self.reading.name, attribute.name)
            try:
                candidates = flow.value.candidates(env)
            except EvaluationError:
                continue
            held = self._held(live, attribute)
            wanted_keys = {unique_key(c, attribute.kind) for c in candidates if is_single(c)}
            if held is not None and candidates and unique_key(held, attribute.kind) not in wanted_keys:
                place = self._unique_place(attribute, self.containers.above(live))
                self.context.register.release(place, unique_key(held, attribute.kind))

    def _held(self, live: LiveObject, attribute: AttributeType) -> Scalar | None:
        if attribute.name.lower() == "cn":
            return dn.parse(live.dn)[0].value
        return next(iter(live.get(attribute.name)), None)

    def _unique_place(self, attribute: AttributeType, container: str) -> Place:
        naming = attribute.name.lower() == "cn"
        unique_type = attribute if attribute.unique else AttributeType(attribute.name, attribute.kind, unique="domain")
        return self.context.register.place(self.reading.name, unique_type, dn.key(container) if naming else ())

    def _unique(
        self,
        wanted_object: DesiredObject,
        flow: OutboundFlow,
        attribute: AttributeType,
        env: Environment,
    ) -> Wanted | Failed | None:
        try:
            candidates = flow.value.candidates(env)
        except EvaluationError as error:
            return Failed(attribute.name, str(error), isinstance(error, UnknownValueError))
        live = wanted_object.live if wanted_object.action == "keep" else None
        if flow.flow.apply == "once" and live is not None:
            return None
        here = self.containers.above(live) if live else self.containers.base
        place = self._unique_place(attribute, wanted_object.parent or here)
        held = self._held(live, attribute) if live is not None else None
        own = {live.anchor} if live else set()
        chosen = select(self.context.register, [(place, attribute)], candidates, wanted_object.address, own, held)
        if chosen is None:
            tried = ", ".join(text_of(c) for c in candidates if is_single(c)) or "none"
            return Failed(attribute.name, f"every candidate is taken: {tried}", False)
        return Wanted((chosen,), shadow=flow.flow.mode == "shadow", exact=flow.flow.compare == "exact")

    def _enable(self, identity: Identity, wanted_object: DesiredObject) -> None:
        """Decide about enabling; an account that somebody else disabled is held, not enabled."""
        if wanted_object.object_type != "user":
            return
        rule, live = self.rule, wanted_object.live if wanted_object.action == "keep" else None
        guest = rule.rule.object == "guest"  # signs in with an account of their own
        with_password = rule.rule.initial_password == "random" and not guest
        want: Result | EvaluationError = True if wanted_object.action != "keep" else None
        if rule.enabled is not None:
            want = evaluate(
                rule.enabled, environment(self.context, identity, live, rule.enabled.attributes, self.reading.name)
            )
        if isinstance(want, EvaluationError):
            if not isinstance(want, UnknownValueError):
                self.context.say(
                    "error",
                    "enabled-error",
                    f"whether {wanted_object.address} is enabled cannot be computed: {want}",
                    identity.address,
                    None,
                    rule.rule.key_at("enabled"),
                )
            want = False if wanted_object.action != "keep" else None
        if wanted_object.action != "keep":
            wanted_object.password = with_password
            back = wanted_object.action == "restore" and self.reading.view.schema.terms.keeps_passwords
            wanted_object.enabled = want is True and (with_password or guest or back)
            return
        if live is not None and live.enabled and live.mark is not None:
            # Somebody enabled it by hand: the mark of an earlier disabling must not outlive that.
            wanted_object.attributes["mark"] = Wanted(())
        if live is not None and rule.enabled is None and live.mark == "disabled":
            want = True  # taken out of service by on_exit, and back in scope
        if live is None or not isinstance(want, bool) or want == live.enabled:
            return
        if not want:
            wanted_object.enabled = False
            return
        # Where idcode sets passwords, one that may not have been handed over counts as none.
        needs_password = live.needs_password or (with_password and live.mark == "new")
        exact = rule.rule.enabled is not None and rule.rule.enabled.enforce == "exact"
        if live.mark is None and not exact:
            self._report_held(wanted_object, "somebody else disabled it; it is enabled only by hand")
        elif needs_password and not with_password:
            self._report_held(wanted_object, "it has no password yet; it is enabled once somebody has set one")
        else:
            wanted_object.enabled = True
            wanted_object.password = needs_password

    def _report_held(self, wanted_object: DesiredObject, reason: str) -> None:
        live = wanted_object.live
        self.context.state.held.append(
            Reported(
                self.reading.name, wanted_object.address, wanted_object.label, reason, live.anchor if live else None
            )
        )
