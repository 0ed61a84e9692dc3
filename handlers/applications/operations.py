"""Every call of the applications' API: its address, what it brings and what it is answered.

The doors are made of it, and so is the document that programs read.
"""

from typing import Any, Literal

import msgspec

from handlers.applications.bodies import Ask, Consume, Nothing, Whom
from handlers.applications.records import ActionRequest, Actions, Consumed, Filed, Listed, Person
from handlers.wire.polls import LONGEST

MOST = 100
"""Entries of one answer."""

USUAL = 50
VERSIONS = 999_999_999
STATES = ("pending", "approved", "denied", "withdrawn", "expired", "used", "lapsed")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of an address. `schema` is what JSON Schema says of it."""

    name: str
    doc: str
    schema: dict[str, Any]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One call. A star in `path` stands for a request's id. A call with a `body` changes something.

    `refusals` are the statuses of problems beside those that every call can be answered.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: tuple[str, ...]
    summary: str
    answer: type[msgspec.Struct]
    status: int = 200
    query: tuple[Query, ...] = ()
    body: type[msgspec.Struct] | None = None
    refusals: tuple[int, ...] = ()


def _number(name: str, doc: str, *, least: int, most: int, usual: int | None = None) -> Query:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Query(name=name, doc=doc, schema=schema if usual is None else schema | {"default": usual})


_CURSOR = Query(name="cursor", doc="What an answer before called `next`.", schema={"type": "string"})
_STATE = Query(name="state", doc="Only those in this state.", schema={"type": "string", "enum": list(STATES)})
_WAIT = _number("wait", "Hold the answer so many seconds, until it is decided.", least=0, most=LONGEST, usual=0)
_SINCE = _number("since", "Hold it until `version` is another one than this.", least=0, most=VERSIONS)
_LIMIT = _number("limit", "Entries of the answer.", least=1, most=MOST, usual=USUAL)

OPERATIONS = {
    "actions": Operation(
        method="GET",
        path=("actions",),
        summary="What this application may ask for.",
        answer=Actions,
    ),
    "person": Operation(
        method="POST",
        path=("person",),
        summary="Who somebody is, as the directory knows them. Nothing is kept of it.",
        answer=Person,
        body=Whom,
    ),
    "requests": Operation(
        method="GET",
        path=("requests",),
        summary="This application's requests, the newest first.",
        answer=Listed,
        query=(_STATE, _CURSOR, _LIMIT),
    ),
    "request": Operation(
        method="GET",
        path=("requests", "*"),
        summary="One request; with `wait`, once it is decided.",
        answer=ActionRequest,
        query=(_WAIT, _SINCE),
        refusals=(404,),
    ),
    "ask": Operation(
        method="POST",
        path=("requests",),
        summary="Ask for one use of an action; with `consume`, use it at once where nobody has to be asked.",
        answer=Filed,
        status=201,
        body=Ask,
    ),
    "withdraw": Operation(
        method="DELETE",
        path=("requests", "*"),
        summary="Withdraw a request that waits.",
        answer=ActionRequest,
        body=Nothing,
        refusals=(404,),
    ),
    "consume": Operation(
        method="POST",
        path=("requests", "*", "consume"),
        summary="Use what was approved, which can be done once.",
        answer=Consumed,
        body=Consume,
        refusals=(404,),
    ),
}
