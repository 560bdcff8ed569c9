"""Operations on accounts: passwords, enabling, disabling, and idcode's mark."""

from __future__ import annotations

from idcode.directories.ad.bench import DONE, Bench, Request, Step, refused
from idcode.directories.ad.constants import MARK_PREFIX, UAC_DISABLED
from idcode.directories.ad.operations import Entry, Modification
from idcode.directories.port import Secrets
from idcode.model.errors import DirectoryError, IdcodeError


def set_password(bench: Bench, request: Request, secrets: Secrets) -> Step:
    """Set a new random password and hand it over; done only once the sink has taken it.

    The account stays disabled until then, so a password that nobody received opens nothing. The password is in
    no message.
    """
    entry = bench.need(request, ["sAMAccountName", "userPrincipalName"])
    account = {**request["account"], "dn": entry.dn}
    for name in ("sAMAccountName", "userPrincipalName"):
        raw = entry.first(name)
        if raw:
            account[name] = raw.decode("utf-8")
    password = secrets.new_password()
    # unicodePwd: the quoted password in UTF-16, little-endian (MS-ADTS 3.1.1.3.1.5.1).
    result = bench.session.modify(
        bench.address(request), {"unicodePwd": [("replace", [f'"{password}"'.encode("utf-16-le")])]}
    )
    if not result.ok:
        return refused(result)
    try:
        secrets.deliver(account, password)
    except IdcodeError as error:
        text = str(error).replace(password, "…")
        return Step("failed", "not-delivered", f"the password was set and could not be handed over: {text}")
    return DONE


def set_account(bench: Bench, request: Request) -> Step:
    """Enable or disable, and set or take off the mark, in one modify guarded by the whole userAccountControl.

    ``marked`` says that the account is enabled because it carries idcode's mark; without one it stays as it is.
    """
    entry = bench.need(request, ["userAccountControl", bench.mark_in])
    control = _control(entry)
    expected = request.get("expected")
    if _is_as_wanted(bench, entry, request):
        return DONE
    if expected is not None and control != expected:
        return Step("stale", None, f"userAccountControl was {expected} and is {control} now")
    raw = entry.first(bench.mark_in)
    if request["enabled"] and request.get("marked") and _own_mark(raw) is None:
        return Step("stale", "mark", f"{bench.mark_in} does not hold idcode's mark any more: somebody else locked it")
    wanted = control & ~UAC_DISABLED if request["enabled"] else control | UAC_DISABLED
    changes: dict[str, list[Modification]] = {
        # The same value again where only the mark changes: a guard.
        "userAccountControl": [("delete", [str(control).encode()]), ("add", [str(wanted).encode()])]
    }
    mark = _mark_change(raw, request["mark"])
    if mark:
        changes[bench.mark_in] = mark
    result = bench.session.modify(bench.address(request), changes)
    if result.ok or is_account(bench, request):
        return DONE
    return refused(result, "its userAccountControl or mark is another")


def is_account(bench: Bench, request: Request) -> bool:
    """Whether the account is enabled or disabled as it was to be, and marked so."""
    entry = bench.look(request, ["userAccountControl", bench.mark_in])
    return entry is not None and _is_as_wanted(bench, entry, request)


def _is_as_wanted(bench: Bench, entry: Entry, request: Request) -> bool:
    if bool(_control(entry) & UAC_DISABLED) == request["enabled"]:
        return False
    mark = _own_mark(entry.first(bench.mark_in))
    # An account that somebody else disabled in the meantime stays theirs: it gets no mark.
    return mark == request["mark"] or (mark is None and not request["enabled"])


def _control(entry: Entry) -> int:
    raw = entry.first("userAccountControl")
    if raw is None:
        raise DirectoryError(f"{entry.dn} has no userAccountControl that the service account may read")
    return int(raw)


def _own_mark(raw: bytes | None) -> str | None:
    text = (raw or b"").decode("utf-8", "replace")
    return text if text.startswith(MARK_PREFIX) else None


def _mark_change(raw: bytes | None, wanted: str | None) -> list[Modification]:
    """Return how the mark becomes ``wanted``; text of somebody else's stays, access matters more than the mark."""
    if raw and _own_mark(raw) is None:
        return []
    steps: list[Modification] = []
    if raw:
        steps.append(("delete", [raw]))
    if wanted:
        steps.append(("add", [wanted.encode("utf-8")]))
    return steps
