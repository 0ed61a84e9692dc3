"""Whom mail cannot reach, as far as a policy and the operator's mapping of addresses say."""

from collections.abc import Iterator, Mapping

from approvals.cel import CelError
from approvals.policy.model import Policy, approvers, deciding_stages
from approvals.policy.selectors import people
from approvals.ports.messages import ChannelError
from handlers.mail import mapping


def unreachable(environ: Mapping[str, str], person: str) -> str:
    """Say why mail does not reach a person with these variables; empty where nothing says so."""
    text = environ.get("SMTP_ADDRESS_MAPPING", "").strip()
    try:
        return _why(mapping.Mapping(text), person)
    except CelError:
        return ""  # The start says what is wrong with the expression itself.


def lost(policy: Policy, mapped: mapping.Mapping) -> Iterator[str]:
    """Say of every approver whom the policy names why mail does not reach them."""
    stages = [stage for each in policy.offered for stage in deciding_stages(each)]
    found = (_why(mapped, person) for person in sorted(people(policy, approvers(stages)).known))
    return filter(None, found)


def _why(mapped: mapping.Mapping, person: str) -> str:
    try:
        mapped.address(person)
    except ChannelError as error:
        return str(error)
    return ""
