"""What must be true of calls that people denied, whatever was killed when: none ran, and agents were told so."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from approvals.requests import Request
from chaos.calls import Outcome, Ran
from countersign_client.tools import ARGUMENT, NAME, written

Bound = frozenset[tuple[str, str]]
"""A call as people were asked for it: its tool and each of its arguments."""


def ran(runs: Iterable[Ran], requests: Iterable[Request], *, denied: Collection[str]) -> Iterator[str]:
    """Calls that ran though the record has them denied, or though somebody was told that their denial counts.

    `denied` are the accounts of calls of which the latter is so.
    """
    stored = {_asked(each): each.id for each in requests if _is_denied(each)}
    for each in runs:
        request = stored.get(_bound(each.name, each.arguments))
        if request is not None:
            yield f"{each.what} ran, and was denied as {request}"
        if each.arguments.get("account") in denied:
            yield f"{each.what} ran, and somebody was told that they had denied it"


def untrue(outcomes: Iterable[Outcome], requests: Mapping[str, Request]) -> Iterator[str]:
    """Whoever was told that a call was denied was told of a request for it that is."""
    for each in outcomes:
        if each.told != "denied":
            continue
        request = requests.get(each.request)
        if request is None or not _is_denied(request):
            yield f"{each.what} was told to be denied as {each.request}, which is not"
        elif _asked(request) != _told(each):
            yield f"{each.what} was told to be denied as {each.request}, which is for another call"


def _is_denied(request: Request) -> bool:
    return request.decision is not None and request.decision.outcome == "denied"


def _asked(request: Request) -> Bound:
    given = request.action.parameters if request.action is not None else ()
    return frozenset(
        (each.name, each.value) for each in given if each.name == NAME or each.name.startswith(ARGUMENT)
    )


def _told(outcome: Outcome) -> Bound:
    tool, _, arguments = outcome.what.partition(" ")
    return _bound(tool, json.loads(arguments))


def _bound(tool: str, arguments: Mapping[str, Any]) -> Bound:
    return frozenset({(NAME, tool), *((f"{ARGUMENT}{name}", written(value)) for name, value in arguments.items())})
