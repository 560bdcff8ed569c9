"""Plans as people meet them, built by hand. Everybody in them is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import (
    SUMMARY_KEYS,
    AttributeChange,
    Batch,
    Change,
    DirectoryState,
    Expect,
    GuardResult,
    Origin,
    Plan,
    Project,
    Reference,
    Reported,
    Reversibility,
    SourceState,
    Target,
    Why,
)
from idcode.model.values import Ref, Scalar

BASE = "DC=corp,DC=contoso,DC=com"
STAFF = f"OU=Staff,OU=People,{BASE}"


def hr(record: str, *columns: str, line: int = 40, beat: tuple[str, ...] = (), note: str | None = None) -> Why:
    origins = tuple(Origin("hr", record, column) for column in columns)
    return Why("account", f"rules/people.yaml:{line}", origins, beat, note)


def rule(line: int, note: str | None = None) -> Why:
    return Why("account", f"rules/people.yaml:{line}", note=note)


def was(before: Scalar | None, after: Scalar | None, why: Why | None = None) -> AttributeChange:
    return AttributeChange(() if before is None else (before,), () if after is None else (after,), why=why)


def delta(add: Sequence[Scalar] = (), remove: Sequence[Scalar] = (), why: Why | None = None) -> AttributeChange:
    return AttributeChange(add=tuple(add), remove=tuple(remove), delta=True, single=False, why=why)


def change(number: int, op: str, address: str, label: str, dn: str, **more: object) -> Change:
    settings: dict[str, object] = {
        "object_type": "user",
        "phase": op if op != "restore" else "create",
        "attributes": {},
        "expect": Expect(dn=dn),
        "scope": address.rpartition("@")[2],
        "batch": number,
    }
    settings.update(more)
    target = Target(None if op == "create" else f"00000000-0000-0000-0000-{number:012d}", dn, label)
    return Change(f"c{number}", f"sha256:{number:064x}", "corp", address=address, object=target, op=op, **settings)  # type: ignore[arg-type]


def plan(changes: Sequence[Change] = (), **more: object) -> Plan:
    summary = dict.fromkeys(SUMMARY_KEYS, 0)
    for one in changes:
        summary[one.op] += 1
    for key, listed in (
        ("frozen", "frozen"),
        ("held", "held"),
        ("missing", "missing"),
        ("orphan", "orphans"),
        ("shadow", "shadow"),
    ):
        summary[key] = len(more.get(listed, ()))  # type: ignore[arg-type]
    summary["unchanged"] = 980
    settings: dict[str, object] = {
        "plan_id": "0197a2c4",
        "created_at": "2026-11-23T06:00:03Z",
        "expires_at": "2026-11-24T06:00:03Z",
        "as_of": "2026-11-23T06:00:00Z",
        "idcode_version": "0.1.0",
        "project": Project("contoso", "3f9d2a7c41be", "sha256:" + "0" * 64),
        "directories": {"corp": DirectoryState("ad", "S-1-5-21-1-2-3", "dc1.corp.contoso.com", None, 4711, True, 1234)},
        "sources": {"hr": SourceState("csv", 981, True, "trailer", "sha256:" + "1" * 64)},
        "summary": summary,
        "changes": tuple(changes),
        "batches": tuple(Batch(one.batch, "corp", one.phase, (one.id,)) for one in changes),
    }
    settings.update(more)
    return Plan(**settings)  # type: ignore[arg-type]


def new_colleague() -> Plan:
    dn = f"CN=Ada Ek,{STAFF}"
    attributes = {
        "cn": was(None, "Ada Ek", rule(63)),
        "employeeID": was(None, "E1001", hr("E1001", "EmployeeID", line=64)),
        "sAMAccountName": was(None, "aek", rule(65, "first free candidate")),
        "userPrincipalName": was(None, "aek@contoso.com", rule(66)),
        "givenName": was(None, "Ada", hr("E1001", "FirstName", line=67)),
        "sn": was(None, "Ek", hr("E1001", "LastName", line=68)),
        "department": was(None, "Engineering", hr("E1001", "Department", line=69, beat=("phonebook",))),
        "manager": was(None, Ref("00000000-0000-0000-0000-00000000beef"), hr("E1001", "ManagerID", line=70)),
        "enabled": was(None, True, rule(57, "stage is active")),
    }
    group = f"CN=sg-engineering,OU=Groups,{BASE}"
    why = Why("sg-engineering", "objects/groups.yaml:12")
    return plan(
        [
            change(
                1,
                "create",
                "person:E1001@corp/account",
                "Ada Ek",
                dn,
                attributes=attributes,
                new_dn=dn,
                password=True,
                why=rule(44, "stage is active"),
                reversibility=Reversibility(
                    "reversible", None, "the password that was handed over cannot be taken back"
                ),
            ),
            change(
                2,
                "update",
                "group:sg-engineering@corp",
                "sg-engineering",
                group,
                object_type="group",
                phase="link",
                attributes={
                    "member": delta([Ref("person:E1001@corp/account")], why=why),
                    "description": was(None, "Everyone who builds", Why("sg-engineering", "objects/groups.yaml:9")),
                },
            ),
        ],
        references={
            "00000000-0000-0000-0000-00000000beef": Reference(
                "person:E0007@corp/account", f"CN=Bo Lund,{STAFF}", "Bo Lund"
            ),
            "person:E1001@corp/account": Reference("person:E1001@corp/account", dn, "Ada Ek"),
        },
    )


def department_change() -> Plan:
    dn = f"CN=Cem Dal,{STAFF}"
    refs = {
        f"u{n}": Reference(f"person:E20{n}@corp/account", f"CN=x,{STAFF}", name) for n, name in enumerate(["Cem Dal"])
    }
    member = {"member": delta(remove=[Ref("u0")], why=Why("sg-sales", "objects/groups.yaml:20"))}
    gain = {"member": delta([Ref("u0")], why=Why("sg-engineering", "objects/groups.yaml:12"))}
    return plan(
        [
            change(
                1,
                "update",
                "person:E200@corp/account",
                "Cem Dal",
                dn,
                attributes={
                    "department": was(
                        "Sales", "Engineering", hr("E200", "Department", line=69, beat=("phonebook", "from-ad"))
                    ),
                    "telephoneNumber": was(
                        "+46 8 123 45 67",
                        None,
                        Why("phonebook", "rules/people.yaml:35", (Origin("phonebook", "E200", "phone"),)),
                    ),
                    "description": was(
                        "Sells things in the whole of Scandinavia and the Baltic countries",
                        "Builds things that people in Scandinavia and the Baltic countries like",
                        hr("E200", "Title", line=71),
                    ),
                    "thumbnailPhoto": was(b"\x89PNG" + bytes(4000), b"\x89PNG" + bytes(5000), rule(72)),
                },
            ),
            change(
                2,
                "update",
                "group:sg-engineering@corp",
                "sg-engineering",
                f"CN=sg-engineering,OU=Groups,{BASE}",
                object_type="group",
                phase="link",
                attributes=gain,
            ),
            change(
                3,
                "update",
                "group:sg-sales@corp",
                "sg-sales",
                f"CN=sg-sales,OU=Groups,{BASE}",
                object_type="group",
                phase="link",
                attributes=member,
            ),
        ],
        references=refs,
        project=Project("contoso", None, "sha256:0", ("person:E200",)),
    )


def marriage() -> Plan:
    dn, new = f"CN=Eva Berg,{STAFF}", f"CN=Eva Lind,{STAFF}"
    addresses = AttributeChange(
        before=("SMTP:eva.berg@contoso.com", "smtp:eva@contoso.com", "X500:/o=Contoso/cn=eberg"),
        after=(
            "SMTP:eva.lind@contoso.com",
            "smtp:eva.berg@contoso.com",
            "smtp:eva@contoso.com",
            "X500:/o=Contoso/cn=eberg",
        ),
        single=False,
        why=hr("E300", "Email", line=75, note="old primary kept as alias"),
    )
    return plan(
        [
            change(
                1,
                "update",
                "person:E300@corp/account",
                "Eva Berg",
                dn,
                attributes={
                    "sn": was("Berg", "Lind", hr("E300", "LastName", line=68)),
                    "displayName": was("Eva Berg", "Eva Lind", hr("E300", "FirstName", "LastName", line=20)),
                    "userPrincipalName": was("eberg@contoso.com", "elind@contoso.com", rule(66)),
                    "mail": was("eva.berg@contoso.com", "eva.lind@contoso.com", hr("E300", "Email", line=70)),
                    "proxyAddresses": addresses,
                },
            ),
            change(
                2,
                "move",
                "person:E300@corp/account",
                "Eva Berg",
                dn,
                new_dn=new,
                attributes={"cn": was("Eva Berg", "Eva Lind", rule(63))},
            ),
        ]
    )


def leaver() -> Plan:
    dn = f"CN=Finn Öst,{STAFF}"
    expired = change(
        4,
        "delete",
        "person:E401@corp/account",
        "Gro Holm",
        f"CN=Gro Holm,OU=Leavers,OU=People,{BASE}",
        why=rule(55, "stage is past retired since 2026-11-20"),
        reversibility=Reversibility("restorable", "2027-05-22T06:00:00Z", "without the password"),
    )
    return plan(
        [
            change(
                1,
                "disable",
                "person:E400@corp/account",
                "Finn Öst",
                dn,
                attributes={"enabled": was(True, False, rule(57, "stage is leaver"))},
                why=hr("E400", "TerminationDate", line=24, note="stage is leaver since 2026-11-22"),
            ),
            change(
                2,
                "move",
                "person:E400@corp/account",
                "Finn Öst",
                dn,
                new_dn=f"CN=Finn Öst,OU=Leavers,OU=People,{BASE}",
                attributes={"path": was("People/Staff", "People/Leavers", rule(55))},
            ),
            change(
                3,
                "update",
                "group:sg-engineering@corp",
                "sg-engineering",
                f"CN=sg-engineering,OU=Groups,{BASE}",
                object_type="group",
                phase="link",
                attributes={"member": delta(remove=[Ref("u400")], why=Why("sg-engineering", "objects/groups.yaml:12"))},
            ),
            expired,
            change(
                5,
                "delete",
                "group:sg-old@corp",
                "sg-old",
                f"CN=sg-old,OU=Groups,{BASE}",
                object_type="group",
                why=Why(None, "objects/groups.yaml:5", note="listed under absent"),
                reversibility=Reversibility("irreversible", None, "the recycle bin of this domain is off"),
            ),
        ],
        references={"u400": Reference("person:E400@corp/account", dn, "Finn Öst")},
    )


def large_group() -> Plan:
    people = {
        f"m{n:04d}": Reference(f"person:E{n:04d}@corp/account", f"CN=Person {n:04d},{STAFF}", f"Person {n:04d}")
        for n in range(5000)
    }
    refs = [Ref(anchor) for anchor in people]
    group = change(
        1,
        "update",
        "group:all-staff@corp",
        "all-staff",
        f"CN=all-staff,OU=Groups,{BASE}",
        object_type="group",
        phase="link",
        attributes={"member": delta(refs[25:], refs[:25], Why("all-staff", "objects/groups.yaml:31"))},
    )
    return plan([group], references=people)


def guard_stopped() -> Plan:
    changes = [
        change(
            n,
            "disable",
            f"person:E5{n:02d}@corp/account",
            f"Person {n}",
            f"CN=Person {n},{STAFF}",
            attributes={"enabled": was(True, False)},
        )
        for n in range(1, 64)
    ]
    guards = (
        GuardResult(
            "disable",
            "corp/account",
            "stopped",
            63,
            50,
            980,
            "63 of 980, the limit is 50: Person 1 and 62 more; override with --allow disable=63",
        ),
        GuardResult("update", "corp/account", "ok", 3, 196, 980),
        GuardResult(
            "delete",
            "corp/admin",
            "held",
            2,
            0,
            4,
            "2 of 4, the limit is 0: Ada Ek, Bo Ek; override with --allow delete=2",
        ),
        GuardResult("protect", "corp/account", "held", 1, None, 980, "[adminCount] = 1 holds for Ola Ås"),
        GuardResult("create", "corp/account", "overridden", 120, 98, 980),
    )
    return plan(changes, guards=guards)


def frozen_people() -> Plan:
    ambiguous = [
        Diagnostic(
            "error",
            "ambiguous-join",
            f"mail {name}@contoso.com matches 2 objects in corp",
            "decide under pins in decisions.yaml",
            Span("rules/people.yaml", 48, 12, 20),
            f"person:E60{n}",
        )
        for n, name in enumerate(["hugo", "ida", "jon", "kia", "lars"])
    ]
    shadow = Reported("corp", "person:E200@corp/account", "Cem Dal", "shadow", "u0", {"division": was("Sales", "4711")})
    return plan(
        frozen=tuple(
            Reported("corp", found.subject, f"Person {n}", "two objects match") for n, found in enumerate(ambiguous)
        ),
        held=(Reported("corp", "person:E42@corp/account", "Mia Strand", "hold until 2027-03-31: litigation"),),
        missing=(
            Reported("corp", "person:E700@corp/account", "Nils Vik", "missing since 2026-11-22, grace ends 2026-11-24"),
        ),
        orphans=(Reported("corp", None, "svc-print", f"CN=svc-print,{STAFF} lies in People", "u9"),),
        shadow=(shadow,),
        diagnostics=(
            *ambiguous,
            Diagnostic("warning", "empty-value", "Department is empty in 12 of 981 rows", subject="hr"),
        ),
        sources={"hr": SourceState("csv", 612, False, "none", None)},
    )


HOSTILE = [
    "Ann\x1b[2K\x1b[1A\x1b[32mNo changes.\x1b[0m",
    "line one\nPlan: 0 to create\r\n- delete person:E1",
    "admin\u202e\u2066nimda",
    "دانا الخوري",
    "👩\u200d💻 山田　太郎 e\u0301",
    "zero\u200bwidth nbsp\u00a0here",
    '"quoted" → "other" # person:E9',
    "<script>alert(1)</script> | `code` *bold* [link](http://example.com) @everyone #1 </details>",
    "Z\u0300\u0301\u0302\u0303\u0304\u0305algo",
]


def hostile_names() -> Plan:
    changes = [
        change(
            n,
            "update",
            f"person:E80{n}@corp/account",
            name,
            f"CN={name},{STAFF}",
            attributes={
                "displayName": was(
                    "Plain Name", name, Why("account", "rules/people.yaml:20", (Origin("hr", name, "Name"),))
                ),
                name: was(name, "Plain", None),
            },
        )
        for n, name in enumerate(HOSTILE)
    ]
    diagnostic = Diagnostic(
        "error", "bad-name", f"name is {HOSTILE[0]}", HOSTILE[1], Span("data/hr.csv", 3), HOSTILE[2]
    )
    return plan(changes, diagnostics=(diagnostic,), frozen=(Reported("corp", None, HOSTILE[0], HOSTILE[1]),))


def rollback() -> Plan:
    undone = change(
        1,
        "restore",
        "person:E401@corp/account",
        "Gro Holm",
        f"CN=Gro Holm\\0ADEL:x,CN=Deleted Objects,{BASE}",
        new_dn=f"CN=Gro Holm,OU=Leavers,OU=People,{BASE}",
        attributes={"mobile": was(None, "+46 70 111 22 33"), "accountExpires": was(None, 2**63 - 1)},
    )
    return replace(plan([undone]), kind="rollback", rolls_back="20261122T060000Z-ab12cd")


def secrets() -> Plan:
    attributes = {
        "mobile": was("+46 70 111 22 33", "+46 70 999 88 77", hr("E1", "Mobile", note="was +46 70 111 22 33")),
        "homePhone": was("+46 8 555 01 02", None),
        "otherMobile": AttributeChange(("+46 70 1", "+46 70 2"), ("+46 70 3",), single=False),
        "mail": was("private@example.com", "secret@example.com"),
        "unicodePwd": was(None, "correct horse battery staple"),
    }
    return plan(
        [change(1, "update", "person:E1@corp/account", "Una Sol", f"CN=Una Sol,{STAFF}", attributes=attributes)]
    )


PLANS = {
    "new-colleague": new_colleague,
    "department-change": department_change,
    "marriage": marriage,
    "leaver": leaver,
    "large-group": large_group,
    "guard-stopped": guard_stopped,
    "frozen-people": frozen_people,
    "hostile-names": hostile_names,
    "rollback": rollback,
    "no-changes": plan,
}
