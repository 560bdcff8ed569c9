"""A plan arranged for reading: the same page for text, Markdown and HTML, every text already made visible."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from idcode.model.addresses import Address
from idcode.model.plans import SUMMARY_KEYS, Change, Plan
from idcode.model.signatures import short
from idcode.report.change_view import ChangeView, parse_address, undo_note, view_change
from idcode.report.findings import (
    FindingsView,
    GuardView,
    ReportedView,
    view_findings,
    view_guards,
    view_reported,
    who,
)
from idcode.report.marks import ATTENTION, MARKS
from idcode.report.risks import RISKS, Risk, RiskKind, added, all_risks, removed, risks_of
from idcode.report.visible import visible
from idcode.report.wording import Values, age, moment, number, plural

NO_CHANGES = "No changes. The directories are as the files say."
NOTHING_TO_DO = "No changes to apply; see what is held or frozen."
NOT_READ = "No changes to apply; not everything was read completely, see the warnings."
_OPS = SUMMARY_KEYS[:7]
_ALWAYS_SAID = ("disable", "delete")  # that nobody loses anything is worth saying
_ASIDE = {
    "unchanged": "unchanged", "frozen": "frozen", "held": "held", "missing": "missing",
    "orphan": "orphan", "shadow": "shadow", "awaiting_sync": "awaiting sync",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RiskView:
    """One line of the glance."""

    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class RiskGroup:
    """The first risks of one kind and how many more there are; ``what`` and its plural ``noun`` name the kind."""

    sign: str
    what: str
    noun: str
    items: tuple[RiskView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """All changes of one person, or of one declared object."""

    address: str
    label: str
    declared: bool
    changes: tuple[ChangeView, ...]

    @property
    def only_new(self) -> bool:
        """Whether nothing but new objects is in it: creations, and the references that complete them."""
        created = {change.address for change in self.changes if change.mark is MARKS["create"]}
        return all(change.address in created and not change.risky for change in self.changes)


@dataclass(frozen=True, slots=True)
class PlanView:
    """The page, from top to bottom (text shows the summary last, Markdown first).

    ``proof`` says whether the plan is proved, and belongs beside the summary; empty where that is no question.
    """

    title: str
    proof: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    glance: tuple[RiskGroup, ...]
    people: tuple[GroupView, ...]
    declared: tuple[GroupView, ...]
    people_heading: str
    reported: tuple[ReportedView, ...]
    findings: tuple[FindingsView, ...]
    guards: tuple[GuardView, ...]
    counts: Mapping[str, int]
    summary: str
    stopped: bool

    @property
    def groups(self) -> tuple[GroupView, ...]:
        """People and declared objects together."""
        return self.people + self.declared


def view_plan(plan: Plan, limit: int | None, redact: Collection[str], *, clip: bool = True) -> PlanView:
    """Arrange ``plan`` for reading; lists are folded after ``limit`` entries, ``redact`` attributes hidden.

    ``clip`` shortens very long values.
    """
    values = Values(plan.references, redact, clip)
    people, declared, types = _groups(plan, values, limit)
    return PlanView(
        title=_title(plan),
        proof=_proof(plan),
        facts=_facts(plan),
        warnings=_warnings(plan),
        glance=tuple(_glance(all_risks(plan.changes), values, limit)),
        people=people,
        declared=declared,
        people_heading="People" if types <= {"person"} else "Identities",
        reported=view_reported(plan, values, limit),
        findings=view_findings(plan.diagnostics, limit),
        guards=view_guards(plan, limit),
        counts={key: plan.summary.get(key, 0) for key in SUMMARY_KEYS},
        summary=_summary(plan),
        stopped=plan.stopped,
    )


def _title(plan: Plan) -> str:
    commit = f", commit {visible(plan.project.commit[:12])}" if plan.project.commit else ""
    what = f"rollback of run {visible(plan.rolls_back or '?')}" if plan.kind == "rollback" else "plan"
    practice = any(state.type == "sandbox" for state in plan.directories.values())
    kind = f"Practice {what}" if practice else what[0].upper() + what[1:]
    return f"{kind} for {visible(plan.project.name)}{commit}"


def _proof(plan: Plan) -> str:
    if plan.proof == "proved":
        later = any(diagnostic.code == "read-back-next" for diagnostic in plan.diagnostics)
        rest = "only reads back what was given to new objects" if later else "is empty"
        return f"proved on a copy of what was read: no batch breaks anything, and the next plan {rest}"
    untried = plan.proof is None and plan.changes and plan.kind != "rollback"
    return "not proved: it was not tried on a copy of what was read (plan --prove does)" if untried else ""


def _facts(plan: Plan) -> tuple[str, ...]:
    facts = [f"plan {visible(plan.plan_id)}, as of {moment(plan.as_of)}, expires {moment(plan.expires_at)}"]
    for name, directory in plan.directories.items():
        place = f"{visible(directory.type)} at {visible(directory.server)}"
        if directory.type == "sandbox":
            place = "practice tenant" if "://" in directory.server else "practice domain"
        facts.append(f"directory {visible(name)}: {place}, {plural(directory.objects, 'object')}")
    for name, source in plan.sources.items():
        proof = f", complete by {visible(source.proof)}" if source.complete else ""
        facts.append(f"source {visible(name)}: {visible(source.type)}, {plural(source.rows, 'row')}{proof}")
    if plan.signature is not None:
        facts.append(f"signed by the key {visible(short(plan.signature.key))}")
    if plan.approved is not None:
        facts.append("what is left now of the approved plan with this id")
    if plan.project.only:
        facts.append("only " + ", ".join(visible(only) for only in plan.project.only))
    return tuple(facts)


def _warnings(plan: Plan) -> tuple[str, ...]:
    sources = [
        f"Source {visible(name)} was not read completely: it creates nothing, nobody is missing, "
        "and what it says is frozen."
        for name, source in plan.sources.items()
        if not source.complete
    ]
    directories = [
        f"Directory {visible(name)} was not read completely: nothing is planned for it."
        for name, directory in plan.directories.items()
        if not directory.complete
    ]
    failed = ["Not proved: on a copy of what was read this plan does not hold; apply refuses it. See the findings."]
    return (*(failed if plan.proof == "failed" else []), *_snapshots(plan), *directories, *sources)


def _snapshots(plan: Plan) -> list[str]:
    """Say which directories were not read live, and how old what was read in their place was when it was planned."""
    return [
        f"{visible(name)}: from a snapshot taken {moment(state.snapshot)}, {age(state.snapshot, plan.created_at)}; "
        "this plan is for reading, apply refuses it."
        for name, state in plan.directories.items()
        if state.snapshot is not None
    ]


def _groups(
    plan: Plan, values: Values, limit: int | None
) -> tuple[tuple[GroupView, ...], tuple[GroupView, ...], set[str]]:
    """Group changes by person and by declared object; also return the types of the people."""
    people: dict[str, list[tuple[Change, Address | None]]] = {}
    declared: dict[str, list[tuple[Change, Address | None]]] = {}
    types = set()
    for change in sorted(plan.changes, key=lambda c: (c.address, c.batch, c.id)):
        address = parse_address(change.address, plan.directories)
        if address and address.rule:
            people.setdefault(str(address.identity), []).append((change, address))
            types.add(address.type)
        else:
            declared.setdefault(change.address, []).append((change, address))
    return _ordered(people, False, values, limit), _ordered(declared, True, values, limit), types


def _ordered(
    groups: Mapping[str, Sequence[tuple[Change, Address | None]]], declared: bool, values: Values, limit: int | None
) -> tuple[GroupView, ...]:
    """Word the groups, those with the worst risks first, then by address."""

    def worst(item: tuple[str, Sequence[tuple[Change, Address | None]]]) -> tuple[int, str]:
        ranks = (RISKS.index(risk.kind) for change, _ in item[1] for risk in risks_of(change))
        return (min(ranks, default=len(RISKS)), item[0])

    return tuple(
        GroupView(
            visible(name),
            visible(changes[0][0].object.label),
            declared,
            tuple(view_change(change, address, values, limit) for change, address in changes),
        )
        for name, changes in sorted(groups.items(), key=worst)
    )


_RISK_WORDS: dict[RiskKind, tuple[str, str, str]] = {
    "delete": (MARKS["delete"].sign, "deleted", "deletions"),
    "irreversible": (ATTENTION, "not undoable", "changes that cannot be undone"),
    "disable": (MARKS["disable"].sign, "disabled", "disabled accounts"),
    "role": (ATTENTION, "role", "roles that somebody gets"),
    "authority": (ATTENTION, "authority", "objects that another system masters from now on"),
    "membership-loss": (ATTENTION, "membership", "groups that lose members"),
    "licence-loss": (ATTENTION, "licence", "objects that lose licences"),
    "logon-name": (ATTENTION, "logon name", "changed logon names"),
    "mail-address": (ATTENTION, "mail address", "changed mail addresses"),
}


def _glance(risks: Sequence[Risk], values: Values, limit: int | None) -> list[RiskGroup]:
    groups = []
    for kind in RISKS:
        of_kind = [risk for risk in risks if risk.kind == kind]
        if of_kind:
            sign, what, noun = _RISK_WORDS[kind]
            shown = of_kind if limit is None else of_kind[:limit]
            items = tuple(
                RiskView(who(risk.change.object.label, risk.change.address), _detail(risk, values)) for risk in shown
            )
            groups.append(RiskGroup(sign, what, noun, items, len(of_kind) - len(items)))
    return groups


def _detail(risk: Risk, values: Values) -> str:
    if risk.attribute is None:
        note = undo_note(risk.change.reversibility)
        rule = risk.change.why.note if risk.change.why else None
        return "; ".join(part for part in (visible(rule) if rule else "", note) if part)
    attribute = risk.change.attributes[risk.attribute]
    if risk.kind == "role":
        return f"gets {plural(risk.count, 'holder')}"
    if risk.kind in ("membership-loss", "licence-loss"):
        return f"loses {plural(risk.count, 'value' if risk.kind == 'licence-loss' else 'member')}"
    before, after = removed(attribute), added(attribute)
    name = visible(risk.attribute)
    return f"{name} {values.joined(risk.attribute, before, 2)} → {values.joined(risk.attribute, after, 2)}"


def _summary(plan: Plan) -> str:
    """Write the one line that everybody reads."""
    counts = {key: plan.summary.get(key, 0) for key in _ASIDE}
    aside = [f"{number(counts[key])} {word}" for key, word in _ASIDE.items() if counts[key] and key != "orphan"]
    aside += [plural(counts["orphan"], "orphan")] if counts["orphan"] else []
    if not plan.changes:
        return _idle(plan) + (f" ({', '.join(aside)})" if aside else "")
    todo = ", ".join(
        f"{number(plan.summary.get(op, 0))} to {op}" for op in _OPS if plan.summary.get(op) or op in _ALWAYS_SAID
    )
    return f"Plan: {todo}. {', '.join(aside)}".rstrip(" ") + ("." if aside else "")


def _idle(plan: Plan) -> str:
    """Say why there is nothing to do: only after complete reads that nothing waits for, because all is as it should."""
    if plan.summary.get("held", 0) or plan.summary.get("frozen", 0):
        return NOTHING_TO_DO
    read = [state.complete for state in plan.sources.values()] + [state.complete for state in plan.directories.values()]
    return NO_CHANGES if all(read) else NOT_READ
