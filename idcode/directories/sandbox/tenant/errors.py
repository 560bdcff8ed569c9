"""The refusals of Microsoft Graph, each with its status, code and wording.

Sources: "Microsoft Graph error responses and resource types", the pages of the operations, and answers of live tenants
that were made public in issues. Clients must not branch on the wording, but several refusals share one code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of ``error.details``."""

    code: str
    message: str
    target: str | None = None


@dataclass(slots=True, eq=False)
class GraphError(Exception):
    """A request that Graph refuses; ``Tenant.handle`` turns it into the error envelope."""

    status: int
    code: str
    message: str
    details: Sequence[Detail] = ()
    target: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def envelope(self, date: str, request_id: str, client_request_id: str) -> dict[str, Any]:
        """Return the body of the reply; ``date`` is the tenant's time without a zone."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = [
                {"code": each.code, "message": each.message, **({"target": each.target} if each.target else {})}
                for each in self.details
            ]
        error["innerError"] = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": error}


def bad_request(message: str, *details: Detail) -> GraphError:
    """Return the refusal that most rules of the directory have in common."""
    return GraphError(400, "Request_BadRequest", message, details)


def malformed(message: str) -> GraphError:
    """Return the refusal of a request that the service in front of the directory cannot read."""
    return GraphError(400, "BadRequest", message)


def not_found(name: str) -> GraphError:
    """Return the refusal for an id that nothing has, or nothing that reads show (yet)."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def no_such_segment(name: str) -> GraphError:
    """Return the refusal of a path that the API does not have."""
    return malformed(f"Resource not found for the segment '{name}'.")


def method_not_allowed() -> GraphError:
    """Return the refusal of a method that a known path does not have."""
    return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def unsupported_target() -> GraphError:
    """Return the refusal of a write to the references of a collection as a whole (docs-contrib issue 3152)."""
    return malformed("The request is currently not supported on the targeted entity set")


def not_implemented() -> GraphError:
    """Return the refusal to list properties that are kept outside the directory."""
    return GraphError(501, "NotImplemented", "This operation target is not yet supported.")


def denied() -> GraphError:
    """Return the refusal for want of rights, which also protects dynamic groups from writes of members."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def same_value(name: str, *also: Detail) -> GraphError:
    """Return the refusal of a value that another object has (status 400, not 409)."""
    message = f"Another object with the same value for property {name} already exists."
    return bad_request(message, Detail("ObjectConflict", message, name), *also)


def conflicting_object(status: int = 400) -> GraphError:
    """Return the refusal of what is in the directory already: members of units, role assignments, restores.

    With status 409 its code is another one, and details say ``ConflictingObjects``.
    """
    message = "A conflicting object with one or more of the specified property values is present in the directory."
    if status == 400:
        return bad_request(message)
    details = (Detail("ConflictingObjects", message),)
    return GraphError(status, "Request_MultipleObjectsWithSameKeyValue", message, details)


def references_exist(relation: str) -> GraphError:
    """Return the refusal to add what is there already; nothing of the request has been done."""
    return bad_request(
        f"One or more added object references already exist for the following modified properties: '{relation}'."
    )


def last_owner() -> GraphError:
    """Return the refusal to take the last owner from a Microsoft 365 group."""
    return bad_request("The group must have at least one owner, hence this owner cannot be removed.")


def on_premises_mastered() -> GraphError:
    """Return the refusal to change what Active Directory is the master of."""
    return bad_request(
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
        "currently undergoing migration."
    )


def external_service() -> GraphError:
    """Return the refusal to change what Exchange is the master of."""
    return bad_request(
        "Unable to update the specified properties for objects that have originated within an external service."
    )


def mail_enabled_group() -> GraphError:
    """Return the refusal to change a distribution list or mail-enabled security group."""
    return bad_request("Cannot Update a mail-enabled security groups and or distribution list.")


def link_quota(wanted: int, limit: int, relation: str) -> GraphError:
    """Return the refusal of more links than an object may have."""
    return GraphError(
        403,
        "Directory_QuotaExceeded",
        f"Unable to perform operation as '{wanted}' would exceed the maximum quota count '{limit}' for forward-link "
        f"'{relation}'.",
    )


def invalid_value(name: str, resource: str) -> GraphError:
    """Return the refusal of a value that a property cannot have; ``resource`` is ``User`` or ``Group``."""
    return bad_request(f"Invalid value specified for property '{name}' of resource '{resource}'.")


def missing_property(name: str) -> GraphError:
    """Return the refusal of a new object without a property that it needs."""
    return bad_request(f"Property {name} value is required but is empty or missing.")


def read_only(name: str, resource: str) -> GraphError:
    """Return the refusal to write a property that only the directory writes."""
    return bad_request(f"Property '{name}' is read-only and cannot be set.", Detail("ReadOnlyProperty", resource, name))


def unknown_property(name: str, resource: str) -> GraphError:
    """Return the refusal of a property that the type does not have, in a body."""
    return bad_request(
        f"One or more property values specified are invalid. The property '{name}' does not exist on type "
        f"'microsoft.graph.{resource}'. Make sure to only use property names that are defined by the type."
    )


def null_collection(name: str, element: str) -> GraphError:
    """Return the refusal of null for a collection; an empty list clears it."""
    return bad_request(
        f"A null value was found for the property named '{name}', which has the expected type "
        f"'Collection({element})[Nullable=False]'. The expected type 'Collection({element})[Nullable=False]' does not "
        "allow null values."
    )


def weak_password() -> GraphError:
    """Return the refusal of a password that is too simple or too short."""
    return bad_request(
        "The specified password does not comply with password complexity requirements. Please provide a different "
        "password."
    )


def not_a_guid() -> GraphError:
    """Return the refusal of text in the place of a GUID."""
    return bad_request(
        "Cannot convert a primitive value to the expected type 'Edm.Guid'. See the inner exception for more details."
    )


def unknown_in_query(clause: str, name: str, resource: str) -> GraphError:
    """Return the refusal of a property that the type does not have, in a query option."""
    return malformed(f"{clause}: Could not find a property named '{name}' on type 'microsoft.graph.{resource}'.")


def unsupported_query(message: str) -> GraphError:
    """Return the refusal of query options that the directory cannot answer, or not without advanced queries."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def unsupported_filter(name: str, resource: str) -> GraphError:
    """Return the refusal of a filter on a property that has none of this kind (or only with advanced queries)."""
    return unsupported_query(
        f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{resource}'."
    )


def expired_page() -> GraphError:
    """Return the refusal of a next link that is too old: the listing has to begin anew."""
    return GraphError(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


def resync(location: str) -> GraphError:
    """Return the refusal of a delta token that is too old; ``location`` is where to begin anew."""
    return GraphError(
        410,
        "resyncRequired",
        "Resync required. Replace any local items with the server's version (including deletes).",
        headers={"Location": location},
    )


def concurrency() -> GraphError:
    """Return the refusal of writes that met at one object; the same request may be sent again shortly after."""
    return GraphError(
        409,
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    )
