"""The part of `identity` that says which service accounts may ask, and who owns each."""

import yaml

from approvals.people.principals import IdentityRules, is_service_account, principal
from approvals.policy.reading.document import Reader, shown
from approvals.policy.reading.keys import SERVICE_ACCOUNT
from approvals.policy.reading.values import selectors
from approvals.refusals.errors import Refused


def service_accounts(reader: Reader, node: yaml.Node | None, rules: IdentityRules) -> dict[str, tuple[str, ...]]:
    """Read the owners of each. They are people by their addresses: who is in a group is not always known."""
    entries = reader.entries(node, "identity.service_accounts") if node is not None else None
    found: dict[str, tuple[str, ...]] = {}
    for key, value in (entries or {}).values():
        address = _address(reader, key, rules)
        owners = _owners(reader, value, f"identity.service_accounts.{address}", rules)
        if address in found:
            reader.refuse(key, "duplicate-key", f"{shown(address)} is written twice")
        elif address:
            found[address] = owners
    return found


def _address(reader: Reader, node: yaml.Node, rules: IdentityRules) -> str:
    value = reader.string(node, "service account")
    if value is None:
        return ""
    try:
        address = principal(value)
    except Refused:
        address = ""
    if not is_service_account(address):
        hint = "write its address, such as deployer@shop-prod.iam.gserviceaccount.com"
        reader.refuse(node, "bad-address", f"{shown(value)} is no service account; {hint}")
        return ""
    if rules.primary(address) != address:
        reader.refuse(node, "alias-twice", f"{shown(address)} is an alias of a person, and so none of its own")
        return ""
    return address


def _owners(reader: Reader, node: yaml.Node, what: str, rules: IdentityRules) -> tuple[str, ...]:
    found = reader.mapping(node, what, SERVICE_ACCOUNT)
    if found is None or not reader.required(node, found, what, *SERVICE_ACCOUNT.required):
        return ()
    owners = selectors(reader, found["owners"], f"{what}.owners", identity=rules, groups=None)
    if owners == ():
        reader.refuse(found["owners"], "empty-list", "owners is empty: somebody answers for what it asks")
    for owner in owners or ():
        if not owner.startswith("user:"):
            reader.refuse(found["owners"], "bad-owner", "owners are people: write their addresses")
    return tuple(owner.removeprefix("user:") for owner in owners or ())
