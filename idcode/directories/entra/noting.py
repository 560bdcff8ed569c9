"""What a write that is done has brought about, for the memory of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from idcode.directories.entra.bench import Bench
from idcode.directories.entra.licences import sku_key
from idcode.directories.entra.objects import Flat
from idcode.model.records import LiveObject, ObjectType
from idcode.model.values import Ref
from idcode.model.writes import Write


def note(bench: Bench, write: Write, anchor: str) -> None:
    """Remember what a write that is done has brought about; see :class:`Memory`."""
    effect = _EFFECTS.get(write.request["op"])
    if effect is not None:
        effect(bench, write, anchor)


def note_earlier(bench: Bench, write: Write, live: LiveObject | None, anchor: str, *, is_fresh: bool) -> None:
    """Remember a write of an earlier process of this run; of one that is not fresh only whom it created.

    ``live`` is the object as it was then, so that what is still to be seen of it can be told from other people's edits.
    """
    if write.request["op"] in ("create", "invite"):
        bench.memory.born[write.change_id] = anchor
    if not is_fresh:
        return
    if live is not None:
        enabled: Flat = {} if live.enabled is None else {"accountEnabled": (live.enabled,)}
        bench.memory.show(anchor, {**live.attributes, **enabled})
    note(bench, write, anchor)


def _note_created(bench: Bench, write: Write, anchor: str) -> None:
    target, request = write.request["target"], write.request
    flat: Flat = {"id": (anchor,), **bench.decoder.written(request["body"])}
    bench.memory.born[write.change_id] = anchor
    bench.memory.created(anchor, target["type"], flat)
    for name in ("owners", "members"):
        if name in request:
            bench.memory.linked(anchor, target["type"], name, (one["$ref"] for one in request[name]), there=True)


def _note_invited(bench: Bench, write: Write, anchor: str) -> None:
    body = write.request["body"]
    flat: Flat = {"id": (anchor,), "mail": (body["invitedUserEmailAddress"],), "userType": ("Guest",)}
    bench.memory.born[write.change_id] = anchor
    bench.memory.created(anchor, "user", {**flat, "accountEnabled": (True,)})


def _note_values(bench: Bench, write: Write, anchor: str) -> None:
    bench.memory.wrote(anchor, bench.type(write), bench.decoder.written(bench.merged(write)))


def _note_manager(bench: Bench, write: Write, anchor: str) -> None:
    wanted = write.request["to"]
    bench.memory.wrote(anchor, "user", {"manager": (Ref(wanted["$ref"]),) if wanted else ()})


def _note_link(bench: Bench, write: Write, anchor: str) -> None:
    targets = (one["$ref"] for one in write.request["add"])
    bench.memory.linked(anchor, bench.type(write), write.request["attribute"], targets, there=True)


def _note_unlink(bench: Bench, write: Write, anchor: str) -> None:
    request = write.request
    bench.memory.linked(anchor, bench.type(write), request["attribute"], [request["remove"]["$ref"]], there=False)


def _note_licences(bench: Bench, write: Write, anchor: str) -> None:
    skus = bench.decoder.tenant.skus
    added = [skus.text(one) for one in write.request["add"]]
    changed = {sku_key(text) for text in added} | {
        sku_key(skus.text({"skuId": sku_id})) for sku_id in write.request["remove"]
    }
    kept = [held for held in bench.memory.shown(anchor).get("licences", ()) if sku_key(held) not in changed]
    bench.memory.wrote(anchor, bench.type(write), {"licences": (*kept, *added)})


def _note_deleted(bench: Bench, write: Write, anchor: str) -> None:
    bench.memory.deleted(anchor, bench.type(write))


def _note_restored(bench: Bench, write: Write, anchor: str) -> None:
    bench.memory.created(anchor, bench.type(write), {"id": (anchor,)})


def _note_authority(bench: Bench, write: Write, anchor: str) -> None:
    bench.memory.wrote(anchor, bench.type(write), {"isCloudManaged": (write.request["cloud"],)})


def _note_grant(bench: Bench, write: Write, anchor: str) -> None:
    holder, given = write.request["principal"]["$ref"], write.request["op"] == "grant"
    kind: ObjectType = "app_role_assignment" if "application" in write.request else "role_assignment"
    bench.memory.linked(anchor, kind, "members", [holder], there=given)


_EFFECTS: Mapping[str, Callable[[Bench, Write, str], None]] = {
    "create": _note_created,
    "invite": _note_invited,
    "update": _note_values,
    "account": _note_values,
    "manager": _note_manager,
    "link": _note_link,
    "unlink": _note_unlink,
    "licences": _note_licences,
    "delete": _note_deleted,
    "restore": _note_restored,
    "authority": _note_authority,
    "grant": _note_grant,
    "revoke": _note_grant,
}
