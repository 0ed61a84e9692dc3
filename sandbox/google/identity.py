"""What the served methods of the Cloud Identity API do: groups, and who is in them."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.google.arguments import Arguments, Handler
from sandbox.google.errors import invalid
from sandbox.google.groups import Membership, described
from sandbox.google.state import Google

_MEMBER_QUERY = re.compile(r"""\s*member_key_id\s*==\s*(?:'([^'\\]+)'|"([^"\\]+)")\s*""")


def lookup_group(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Find a group by its address."""
    address = arguments.query.get("groupKey.id")
    if not address:
        raise invalid("groupKey.id must be set.", field="groupKey.id")
    return {"name": google.groups.name(address)}


def get_group(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a group."""
    return google.groups.describe(arguments.resource)


def check_membership(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Say whether an address is in a group; a proto3 false is left out of the answer."""
    match = _MEMBER_QUERY.fullmatch(arguments.query.get("query", ""))
    if match is None:
        raise invalid("Error(3007): The query must have the form member_key_id == 'ADDRESS'.", field="query")
    return {"hasMembership": True} if google.groups.contains(arguments.resource, match[1] or match[2]) else {}


def search_memberships(google: Google, arguments: Arguments) -> dict[str, Any]:
    """List everybody in a group and in the groups inside it, a page at a time (Enterprise editions only)."""
    held = [
        {
            "member": f"{'groups' if is_group else 'users'}/{number}",
            "preferredMemberKey": [{"id": each.member}],
            "relationType": "DIRECT",
            "roles": [{"role": "MEMBER"}],
        }
        for number, (each, is_group) in enumerate(google.groups.everybody(arguments.resource), start=1)
    ]
    return _page(held, arguments)


def list_memberships(google: Google, arguments: Arguments) -> dict[str, Any]:
    """List who is directly in a group, a page at a time; what each is, and until when, in the full view alone."""
    full = arguments.query.get("view") == "FULL"
    held = [
        described(arguments.resource, each, is_group=is_group) if full else _basic(arguments.resource, each)
        for each, is_group in google.groups.members(arguments.resource)
    ]
    return _page(held, arguments)


def _basic(group: str, found: Membership) -> dict[str, Any]:
    return {"name": f"{group}/memberships/{found.number}", "preferredMemberKey": {"id": found.member}}


def lookup_membership(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Find somebody's own membership by their address."""
    member = arguments.query.get("memberKey.id")
    if not member:
        raise invalid("memberKey.id must be set.", field="memberKey.id")
    return {"name": google.groups.lookup(arguments.resource, member)}


def get_membership(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Describe a membership."""
    return google.groups.get(arguments.resource)


def create_membership(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Let somebody into a group."""
    return google.groups.create(arguments.resource, arguments.body)


def modify_roles(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Let a membership end at another time."""
    return google.groups.update(arguments.resource, arguments.body)


def delete_membership(google: Google, arguments: Arguments) -> dict[str, Any]:
    """Take somebody out of a group."""
    return google.groups.delete(arguments.resource)


def _page(held: list[dict[str, Any]], arguments: Arguments) -> dict[str, Any]:
    size, start = int(arguments.query.get("pageSize") or 200), int(arguments.query.get("pageToken") or 0)
    following = start + size
    more = {"nextPageToken": str(following)} if following < len(held) else {}
    return {"memberships": held[start:following]} | more


METHODS: Mapping[str, Handler] = {
    f"cloudidentity.v1.groups.{name}": serve
    for name, serve in (
        ("get", get_group),
        ("lookup", lookup_group),
        ("memberships.checkTransitiveMembership", check_membership),
        ("memberships.create", create_membership),
        ("memberships.delete", delete_membership),
        ("memberships.get", get_membership),
        ("memberships.list", list_memberships),
        ("memberships.lookup", lookup_membership),
        ("memberships.modifyMembershipRoles", modify_roles),
        ("memberships.searchTransitiveMemberships", search_memberships),
    )
}
