"""Between plan and apply a colleague edits what the plan is about, in every way there is, on a real domain."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import ldap3
import pytest
from ldap3.protocol.microsoft import security_descriptor_control

from idcode.directories.ad.security import DELETE_CHILD, PROTECTION, Descriptor
from tests.acceptance.repository import OUS, Repository
from tests.acceptance.witness import Witness

pytestmark = pytest.mark.ad

Edit = Callable[["Hands"], None]

GROUPS = """\
directory: corp
manages: {base: Groups}
groups:
  - {name: sg-scope, path: Groups, scope: global}
  - {name: sg-kind, path: Groups, category: security}
  - {name: sg-words, path: Groups, description: the old words}
  - {name: sg-words-2, path: Groups, description: the old words}
  - {name: sg-going, path: Groups}
  - {name: sg-gone, path: Groups}
  - {name: sg-again, path: Groups, description: the old words}
  - name: sg-members
    path: Groups
    members: {mode: exact, match: '[department] = "Crew" && [stage] = "active"'}
  - name: sg-members-2
    path: Groups
    members: {mode: exact, match: '[department] = "Cast" && [stage] = "active"'}
"""

UNITS = (
    OUS
    + """\
  - {path: Depot}
  - {path: Depot/Old}
  - {path: Depot/Told, description: the old words}
  - {path: Attic}
"""
)


@dataclass
class Hands:
    """A colleague in the domain, who knows nothing of idcode."""

    witness: Witness
    base: str

    def dn(self, name: str) -> str:
        """Return the DN of an account by employee number, else of a group or OU by name."""
        (found,) = self.witness.find(f"(|(employeeID={name})(sAMAccountName={name})(ou={name}))", "cn")
        return found["dn"][0]

    def set(self, name: str, **values: list[str]) -> None:
        self.witness.modify(self.dn(name), **values)

    def move(self, name: str, rdn: str, parent: str | None = None) -> None:
        dn = self.dn(name)
        above = f"{parent},{self.base}" if parent else dn.partition(",")[2]
        self.witness.connection.modify_dn(dn, rdn, new_superior=above)
        assert self.witness.connection.result["result"] == 0, self.witness.connection.result

    def delete(self, name: str) -> None:
        self.witness.connection.delete(self.dn(name))
        assert self.witness.connection.result["result"] == 0, self.witness.connection.result

    def make_group(self, name: str) -> None:
        dn = f"CN={name},OU=Groups,{self.base}"
        self.witness.connection.add(dn, ["group"], {"sAMAccountName": name, "description": "by hand"})
        assert self.witness.connection.result["result"] == 0, self.witness.connection.result

    def protect(self, name: str) -> None:
        """Set what the console of Active Directory calls protection from accidental deletion."""
        connection, dn = self.witness.connection, self.dn(name)
        for target, mask in ((dn, PROTECTION), (dn.partition(",")[2], DELETE_CHILD)):
            control = security_descriptor_control(sdflags=4)
            connection.search(target, "(objectClass=*)", "BASE", attributes=["nTSecurityDescriptor"], controls=control)
            raw = connection.response[0]["raw_attributes"]["nTSecurityDescriptor"][0]
            denied = Descriptor.parse(raw).deny_everyone(mask).build()
            change = {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [denied])]}
            connection.modify(target, change, controls=control)
            assert connection.result["result"] == 0, connection.result

    def get(self, name: str, attribute: str) -> list[str]:
        (found,) = self.witness.find(f"(|(employeeID={name})(sAMAccountName={name})(ou={name}))", attribute)
        return found.get(attribute, [])


@dataclass(frozen=True)
class Row:
    """What is planned for one object, what a hand does to it meanwhile, and what must come of it.

    ``planned`` edits the files; ``status`` is that of the change ``op`` of ``address``, ``says`` is in its message.
    ``left`` is attribute and values of ``name`` afterwards; ``None`` where the object is not asked for.
    """

    kind: str
    address: str
    op: str
    planned: Callable[[Repository], None]
    hand: Edit
    status: str
    says: tuple[str, ...] = ()
    name: str = ""
    left: tuple[str, list[str]] | None = None


def hires(number: int, department: str = "Sales", **more: str) -> Callable[[Repository], None]:
    """Let the HR file say this of person ``number``."""

    def edit(repo: Repository) -> None:
        first, last = NAMES[number]
        fields = {"mail": f"{first.lower()}@contoso.com", **more}
        repo.person(f"E{number}", fields.pop("first", first), fields.pop("last", last), department, **fields)

    return edit


def declares(old: str, new: str, file: str = "objects/groups.yaml") -> Callable[[Repository], None]:
    """Replace a text in a file of the repository."""
    return lambda repo: repo.edit(file, old, new)


NAMES = dict(
    enumerate(
        [
            ("Ada", "Brisling"), ("Greta", "Hummer"), ("Cid", "Dorsch"), ("Bo", "Ek"), ("Finn", "Ost"),
            ("Ines", "Karpfen"), ("Jan", "Hecht"), ("Kim", "Aal"), ("Lea", "Zander"), ("Max", "Barsch"),
            ("Nele", "Stint"), ("Otto", "Wels"), ("Pia", "Felchen"), ("Quin", "Rotauge"), ("Rosa", "Schleie"),
            ("Sven", "Quappe"), ("Tea", "Nase"), ("Udo", "Giebel"),
        ],
        1,
    )
)  # fmt: skip
GONE = {"end": "2026-11-20"}
AWAY = "OU=Attic"

ROWS = [
    Row("a text, edited", "person:E1@corp/account", "update", hires(1, "Research"),
        lambda h: h.set("E1", department=["By Hand"]), "stale",
        ("department was 'Sales' when it was planned", "should become 'Research'", "is 'By Hand' now"),
        "E1", ("department", ["By Hand"])),
    Row("a text, cleared", "person:E2@corp/account", "update", hires(2, "Research"),
        lambda h: h.set("E2", department=[]), "stale", ("is absent now",), "E2", ("department", [])),
    Row("a text, as wanted already", "person:E3@corp/account", "update", hires(3, "Research"),
        lambda h: h.set("E3", department=["Research"]), "already", (), "E3", ("department", ["Research"])),
    Row("a text, and another attribute is edited", "person:E4@corp/account", "update", hires(4, "Research"),
        lambda h: h.set("E4", title=["By Hand"]), "done", (), "E4", ("department", ["Research"])),
    Row("a list, edited", "person:E5@corp/account", "update", hires(5, mail="finn.ost@contoso.com"),
        lambda h: h.set("E5", proxyAddresses=["SMTP:hand@contoso.com"]), "stale",
        ("proxyAddresses has another primary address now, 'SMTP:hand@contoso.com'",),
        "E5", ("proxyAddresses", ["SMTP:hand@contoso.com"])),
    Row("a list, with one value more", "person:E18@corp/account", "update", hires(18, mail="udo.giebel@contoso.com"),
        lambda h: h.set("E18", proxyAddresses=["SMTP:udo@contoso.com", "smtp:hand@contoso.com"]), "done", (),
        "E18", ("proxyAddresses", ["SMTP:udo.giebel@contoso.com", "smtp:hand@contoso.com", "smtp:udo@contoso.com"])),
    Row("a reference, to somebody else", "person:E6@corp/account", "update", hires(6, manager="E1"),
        lambda h: h.set("E6", manager=[h.dn("E2")]), "stale", ("manager was absent when it was planned",)),
    Row("a reference, as wanted already", "person:E7@corp/account", "update", hires(7, manager="E1"),
        lambda h: h.set("E7", manager=[h.dn("E1")]), "already"),
    Row("a name, renamed otherwise", "person:E8@corp/account", "move", hires(8, last="Forelle"),
        lambda h: h.move("E8", "CN=By Hand"), "stale", ("it was at CN=Kim Aal,", "is at CN=By Hand,"),
        "E8", ("cn", ["By Hand"])),
    Row("a place, moved elsewhere", "person:E9@corp/account", "move", hires(9, **GONE),
        lambda h: h.move("E9", "CN=Lea Zander", AWAY), "stale", ("OU=Attic",)),
    Row("a place, moved there already", "person:E10@corp/account", "move", hires(10, **GONE),
        lambda h: h.move("E10", "CN=Max Barsch", "OU=Leavers,OU=People"), "already"),
    Row("an account, disabled by hand before idcode does", "person:E11@corp/account", "disable", hires(11, **GONE),
        lambda h: h.set("E11", userAccountControl=["514"]), "already", (), "E11", ("userAccountControl", ["514"])),
    Row("an account that comes back, locked by hand", "person:E12@corp/account", "enable", hires(12),
        lambda h: h.set("E12", adminDescription=["LOCKED"]), "stale", ("idcode's mark",),
        "E12", ("userAccountControl", ["514"])),
    Row("an account that comes back, enabled by hand", "person:E13@corp/account", "enable", hires(13),
        lambda h: h.set("E13", userAccountControl=["512"], adminDescription=[]), "already", (),
        "E13", ("userAccountControl", ["512"])),
    Row("an account, deleted", "person:E14@corp/account", "update", hires(14, "Research"),
        lambda h: h.delete("E14"), "stale", ("the object is gone",)),
    Row("members, one added by hand", "group:sg-members@corp", "update", hires(15, "Crew"),
        lambda h: h.set("sg-members", member=[h.dn("E15"), h.dn("E1")]), "already"),
    Row("members, one removed by hand and one to be added", "group:sg-members-2@corp", "update",
        lambda repo: [hires(16, "Sales")(repo), hires(17, "Cast")(repo)],
        lambda h: h.set("sg-members-2", member=[]), "done"),
    Row("the scope of a group, changed by hand", "group:sg-scope@corp", "update", declares("scope: global", "scope: domain_local"),
        lambda h: h.set("sg-scope", groupType=["-2147483640"]), "stale", ("scope was 'global'", "is 'universal' now"),
        "sg-scope", ("groupType", ["-2147483640"])),
    Row("the category of a group, as wanted already", "group:sg-kind@corp", "update",
        declares("category: security", "category: distribution"),
        lambda h: h.set("sg-kind", groupType=["2"]), "already", (), "sg-kind", ("groupType", ["2"])),
    Row("words of a group, edited", "group:sg-words@corp", "update",
        declares("{name: sg-words, path: Groups, description: the old words}", "{name: sg-words, path: Groups, description: new}"),
        lambda h: h.set("sg-words", description=["By Hand"]), "stale", ("is 'By Hand' now",),
        "sg-words", ("description", ["By Hand"])),
    Row("words of a group, untouched", "group:sg-words-2@corp", "update",
        declares("{name: sg-words-2, path: Groups, description: the old words}", "{name: sg-words-2, path: Groups, description: new}"),
        lambda h: None, "done", (), "sg-words-2", ("description", ["new"])),
    Row("a group to delete, gone already", "group:sg-gone@corp", "delete",
        declares("  - {name: sg-gone, path: Groups}\n", ""), lambda h: h.delete("sg-gone"), "already"),
    Row("a group to delete, renamed by hand", "group:sg-going@corp", "delete",
        declares("  - {name: sg-going, path: Groups}\n", ""), lambda h: h.move("sg-going", "CN=sg-kept"), "stale",
        ("is at CN=sg-kept",), "sg-going", ("cn", ["sg-kept"])),
    Row("a group, made anew under the same name", "group:sg-again@corp", "update",
        declares("{name: sg-again, path: Groups, description: the old words}", "{name: sg-again, path: Groups, description: new}"),
        lambda h: (h.delete("sg-again"), h.make_group("sg-again")), "stale", ("the object is gone",),
        "sg-again", ("description", ["by hand"])),
    Row("words of an OU, edited", "ou:Depot/Told@corp", "update", declares("the old words", "new", "objects/ou.yaml"),
        lambda h: h.set("Told", description=["By Hand"]), "stale", ("is 'By Hand' now",), "Told", ("description", ["By Hand"])),
    Row("protection of an OU, set by hand", "ou:Attic@corp", "update",
        declares("{path: Attic}", "{path: Attic, protected: true}", "objects/ou.yaml"),
        lambda h: h.protect("Attic"), "already"),
    Row("an OU, renamed otherwise", "ou:Depot/New@corp", "move",
        declares("{path: Depot/Old}", "{path: Depot/New, previously: [Depot/Old]}\n  - {path: Depot/New/Inner}", "objects/ou.yaml"),
        lambda h: h.move("Old", "OU=Hand"), "stale", ("is at OU=Hand,OU=Depot",), "Hand", ("ou", ["Hand"])),
    Row("what depends on that", "ou:Depot/New/Inner@corp", "create", lambda repo: None, lambda h: None, "skipped",
        ("ou:Depot/New@corp comes first and was not done (stale)",)),
]  # fmt: skip


def test_what_a_hand_has_edited_is_left_alone_and_the_rest_proceeds(
    on_a_domain_controller: Repository, witness: Witness
) -> None:
    repo = on_a_domain_controller
    repo.write("objects/groups.yaml", GROUPS)
    repo.write("objects/ou.yaml", UNITS)
    for number in NAMES:
        hires(number, "Cast" if number == 16 else "Sales", **(GONE if number in (12, 13) else {}))(repo)
    repo.apply(again=False)
    absent = "absent: [group:sg-gone, group:sg-going]\n"
    repo.edit("objects/groups.yaml", "groups:\n", absent + "groups:\n")
    for row in ROWS:
        row.planned(repo)
    planned = {(change["address"], change["op"]) for change in repo.plan()["changes"]}
    assert [row.kind for row in ROWS if (row.address, row.op) not in planned] == []
    hands = Hands(witness, repo.domain.base_dn)
    for row in ROWS:
        row.hand(hands)
    result = repo.run("apply", "plan.json")
    assert result.code == 4, result.out + result.err
    run = json.loads(repo.run("runs", repo.last_run(), "--format", "json").out)
    became = {(change["address"], change["op"]): change for change in run["changes"]}
    wrong = []
    for row in ROWS:
        change = became[row.address, row.op]
        message = change["message"] or ""
        if change["status"] != row.status or not all(words in message for words in row.says):
            wrong.append((row.kind, change["status"], message))
        elif row.left and sorted(hands.get(row.name, row.left[0])) != row.left[1]:
            wrong.append((row.kind, "left", str(hands.get(row.name, row.left[0]))))
    assert wrong == []
