"""What there was when all was frozen in a life of the state machine, and what must be true of it since."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from approvals.ports.targets import Binding
from approvals.requests import Request
from approvals.targets import MEMBER
from sandbox.google.conditions import holds


class Ice(NamedTuple):
    """The requests by id, and access by role, members and expression: what there was and what was under way."""

    requests: Mapping[str, Request]
    access: Sequence[tuple[str, list[str], str]]


def ice(requests: Iterable[Request], there: Iterable[Mapping[str, Any]], under_way: Iterable[Binding]) -> Ice:
    """Remember how it is now. `there` are bindings as Google has them, `under_way` those that may still arrive."""
    access = [(each["role"], each["members"], each["condition"]["expression"]) for each in there]
    coming = [(each.role, [each.member], _during(each)) for each in under_way]
    return Ice({request.id: request for request in requests}, [*access, *coming])


def _during(binding: Binding) -> str:
    """When it gives access. A membership that may still arrive says its end alone."""
    if binding.role != MEMBER:
        return binding.expression
    return f'request.time < timestamp("{binding.expression.removeprefix("expires ")}")'


def nothing_was_decided(since: Ice, requests: Iterable[Request]) -> None:
    """Nobody asked, voted or decided; what waits may end without anybody getting anything."""
    for request in requests:
        before = since.requests[request.id]
        assert request.reviews == before.reviews
        assert (request.counter, request.former) == (before.counter, before.former)
        assert request.state == before.state or request.state in ("withdrawn", "expired")


def nothing_was_widened(
    since: Ice,
    ours: Iterable[dict[str, Any]],
    moments: Iterable[datetime],
    *,
    but: Callable[[dict[str, Any], datetime], bool] = lambda *_: False,
) -> None:
    """Nobody has more access than there was or was under way, `but` what something else gives them at a moment."""
    moments = list(moments)
    for binding in ours:
        same = [each[2] for each in since.access if each[:2] == (binding["role"], binding["members"])]
        for moment in moments:
            if holds(binding["condition"]["expression"], at=moment, resource={}) and not but(binding, moment):
                assert any(holds(expression, at=moment, resource={}) for expression in same)
