"""A practice domain that begins as a directory was read, for trying a plan on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idcode.directories.ad import security
from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.reading import DACL_ONLY
from idcode.directories.ad.schema import AdSchema
from idcode.directories.port import Directory
from idcode.directories.sandbox import access
from idcode.directories.sandbox.directory import domain_of, make_base
from idcode.directories.sandbox.domain import Domain, new_domain
from idcode.directories.sandbox.saved import SavedDomain
from idcode.directories.sandbox.seeding import Seed, load, seed_of
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.model import dn
from idcode.model.desired import DirectoryView
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject


def copy_of(directory: Directory, view: DirectoryView, sid: str) -> AdDomain:
    """Return a domain in memory with the objects of ``view``, as far as they were read.

    ``directory`` is where they were read from: its schema holds in the copy, ``sid`` is that of its domain. Raises
    ``DirectoryError`` for a directory that is no AD domain, and where the objects do not fit together as those of a
    domain do.
    """
    schema, mark_in = _definitions(directory)
    domain = domain_with(view.name, view.base_dn, schema, mark_in, view.objects.values(), sid)
    session = EmbeddedSession(domain, f"the copy of {view.name}")
    return AdDomain(view.name, session, view.base_dn, mark_in, type=view.type, schema=schema)


def domain_with(
    name: str,
    base_dn: str,
    schema: AdSchema,
    mark_in: str,
    objects: Iterable[LiveObject],
    sid: str,
    recycle_bin: bool = False,
) -> Domain:
    """Return a domain with ``objects`` as they were read elsewhere; raises as :func:`copy_of` does.

    ``name`` is what messages call it, ``mark_in`` the attribute of idcode's mark, ``sid`` that of the domain.
    """
    domain = new_domain(domain_of(name, base_dn), schema, recycle_bin=recycle_bin, bare=True, sid=sid)
    known = list(objects)
    seeds = [seed_of(live, schema, mark_in) for live in known]
    load(domain, [*seeds, *_containers(domain.root_dn, seeds)])
    _protect_places(domain, known)
    make_base(name, domain, base_dn)
    return domain


def _protect_places(domain: Domain, objects: Iterable[LiveObject]) -> None:
    """Let nothing that is protected be moved away: the other half of a protection is a denial on the container.

    That one is not read, but every tool that protects an object sets both (MS-ADTS 3.1.1.5.5.3).
    """
    session = EmbeddedSession(domain)
    protected = {dn.key(live.dn): live.dn for live in objects if live.protected and not live.deleted}
    for place in {key[1:]: dn.parent(name) for key, name in protected.items()}.values():
        descriptor = access.DEFAULT.deny_everyone(security.DELETE_CHILD)
        if dn.key(place) in protected:
            descriptor = descriptor.deny_everyone(security.PROTECTION)
        session.modify(place, {access.DESCRIPTOR: [("replace", [descriptor.build()])]}, [DACL_ONLY])


def _containers(root_dn: str, seeds: Iterable[Seed]) -> Iterator[Seed]:
    """Yield the containers of ``seeds`` that were not read, because they are of no type that plans know."""
    known = {dn.key(seed.dn) for seed in seeds} | {dn.key(root_dn), dn.key(f"CN=Deleted Objects,{root_dn}")}
    for seed in seeds:
        above = dn.parent(seed.dn)
        while dn.key(above) not in known and dn.is_under(above, root_dn):
            known.add(dn.key(above))
            kind = b"organizationalUnit" if dn.parse(above)[0].type.upper() == "OU" else b"container"
            yield Seed(above, {"objectClass": [kind]})
            above = dn.parent(above)


def _definitions(directory: Directory) -> tuple[AdSchema, str]:
    if isinstance(directory, AdDomain):
        return directory.definitions, directory.mark_in
    if isinstance(directory, SavedDomain):
        return directory.saved.schema, directory.saved.mark_in
    raise DirectoryError(f"{directory.name} cannot be copied: only domains of Active Directory can")
