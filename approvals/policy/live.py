"""What of a policy does not exist at Google, or cannot be granted there. Google is asked through a `Cloud`."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Protocol

import yaml

from approvals.nearest import LONG, nearest
from approvals.policy.lookups import named
from approvals.policy.model import Policy
from approvals.policy.notified import Members
from approvals.policy.reading.composing import compose
from approvals.policy.reading.document import Problem, Reader, problem_at
from approvals.policy.reading.parse import draft
from approvals.policy.selectors import directory_groups
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.targets import joined_group, roles_of_iam

_TIMEOUT = 20.0
"""Seconds for each question."""

_MOST = 1_000
"""People of a group that are counted: nobody means to tell more."""

_warning = partial(problem_at, warning=True)


class Cloud(Protocol):
    """Google, as far as it shows itself to the credentials at hand. `timeout` is in seconds.

    Each raises `NotFound` for what is not there or hidden, and `Unavailable` while nothing can be known.
    """

    def lacking(self, resource: str, *, timeout: float) -> tuple[str, ...]:
        """The permissions to read and to change the resource's IAM policy that the credentials do not hold."""

    def grantable(self, resource: str, *, timeout: float) -> frozenset[str]:
        """The roles that the resource's IAM policy can hold."""

    def members(self, address: str, *, most: int, timeout: float) -> frozenset[str]:
        """The addresses in a group. Raises `Refused` where they are not to be listed, such as more than `most`."""

    def require_group(self, address: str, *, timeout: float) -> None:
        """Do nothing where there is such a group."""


def unreadable(policy: Policy, cloud: Cloud) -> Iterator[str]:
    """Say of each resource of a policy that cannot be worked on why that is."""
    places = (target.resource for each in policy.entitlements.values() for target in roles_of_iam(each.targets))
    for resource in dict.fromkeys(places):
        try:
            lacking = cloud.lacking(resource, timeout=_TIMEOUT)
        except NotFound as error:
            yield _hidden(resource, error)
        except Unavailable as error:
            yield str(error)
        else:
            if lacking:
                yield _lacking(resource, lacking)


def live(text: bytes | str, *, source: str, cloud: Cloud) -> tuple[Problem, ...]:
    """Return what Google says against a sound policy, at the places where the file names it first.

    All of it is worded as a warning: Google can change its mind, and no start of the service depends on it.
    """
    found = draft(text, source=source)
    places = _places(text)
    roles: dict[str, dict[str, yaml.Node]] = {}
    for written in found.written:
        if written.entitlement is not None:
            for grant in written.grants:
                asked = roles.setdefault(grant.resource, {})
                asked.update({role: node for role, node in grant.roles if role not in asked})
    problems = [
        problem
        for resource, asked in roles.items()
        for problem in _resource(resource, asked, cloud, node=places[resource], source=source)
    ]
    problems += _groups(found.policy, cloud, places, source)
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.col)))


def members_of(cloud: Cloud) -> Members:
    """How many people groups of the directory hold: each is asked once, and what is not answered is not known."""

    @cache
    def asked(address: str) -> frozenset[str] | None:
        try:
            return cloud.members(address, most=_MOST, timeout=_TIMEOUT)
        except (NotFound, Refused, Unavailable):
            return None

    return asked


def _resource(
    resource: str, asked: Mapping[str, yaml.Node], cloud: Cloud, *, node: yaml.Node, source: str
) -> Iterator[Problem]:
    try:
        lacking = cloud.lacking(resource, timeout=_TIMEOUT)
        offered = cloud.grantable(resource, timeout=_TIMEOUT)
    except NotFound as error:
        yield _warning(node, source, "missing-resource", _hidden(resource, error))
        return
    except Unavailable as error:
        yield _warning(node, source, "not-asked", str(error))
        return
    if lacking:
        yield _warning(node, source, "unreadable-resource", _lacking(resource, lacking))
    for role, place in asked.items():
        if role not in offered:
            yield _warning(place, source, "ungrantable-role", _ungrantable_text(role, resource, offered))


def _hidden(what: str, error: NotFound) -> str:
    return f"there is no {what}, or it is not shown to these credentials ({error})"


def _lacking(resource: str, permissions: Iterable[str]) -> str:
    return f"these credentials lack {' and '.join(permissions)} on {resource}"


def _ungrantable_text(role: str, resource: str, offered: Iterable[str]) -> str:
    near = nearest(role, sorted(offered), like=LONG)
    meant = f". Did you mean {near}?" if near else ""
    return (
        f"Google does not offer {role} on {resource}: there is no such role, it cannot be granted there,"
        f" or the API of its service is not enabled{meant}"
    )


def _groups(policy: Policy, cloud: Cloud, places: Mapping[str, yaml.Node], source: str) -> Iterator[Problem]:
    given = {found.group for each in policy.entitlements.values() if (found := joined_group(each.targets))}
    for address in sorted({*directory_groups(policy, named(policy)), *given}):
        node = _place(places, address if address in given else f"group:{address}")
        try:
            cloud.require_group(address, timeout=_TIMEOUT)
        except NotFound as error:
            text = _hidden(f"group {address}", error)
            yield _warning(node, source, "missing-group", text)
        except Unavailable as error:
            yield _warning(node, source, "not-asked", str(error))


def _place(places: Mapping[str, yaml.Node], group: str) -> yaml.Node:
    """Where a group stands by itself, else the first text that has it in it, such as a rule."""
    return places.get(group) or next(node for value, node in places.items() if group in value)


def _places(text: bytes | str) -> Mapping[str, yaml.Node]:
    """Where each value stands first, by its text in lower case: resources and groups are looked up so."""
    root = compose(text, Reader(""))
    found: dict[str, yaml.Node] = {}
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, yaml.ScalarNode):
            found.setdefault(str(node.value).strip().lower(), node)
        elif isinstance(node, yaml.SequenceNode):
            waiting[:0] = node.value
        elif isinstance(node, yaml.MappingNode):
            waiting[:0] = [each for pair in node.value for each in pair]
    return found
