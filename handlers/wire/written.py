"""Answers as they are sent: what was asked for, or a problem, and what each carries."""

from typing import Any

import msgspec
from starlette.responses import Response

from handlers.wire.problems import Refusal

PATH = "/v1/requests/"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries: it is for whoever called, is not kept, and no page of another site reads it."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which request an answer is about, and how that stands, for a call that waits for its change."""

    request: str
    version: int
    waits: bool


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is answered."""

    body: Any
    status: int = 200
    about: About | None = None


class Written(Response):
    """An answer. Of one request it remembers which, and for whom, for a call that waits for its change."""

    account: str = ""
    about: About | None = None


def written(reply: Reply, *, account: str) -> Written:
    """What a call of this account is answered."""
    response = said(msgspec.json.encode(reply.body), status=reply.status)
    response.account = account
    response.about = reply.about
    return response


def said(body: bytes, *, status: int) -> Written:
    """The same of what is written already."""
    response = Written(body, status_code=status, media_type="application/json")
    if status == 201:
        response.headers["Location"] = f"{PATH}{msgspec.json.decode(body)['id']}"
    return response


def problem(found: Refusal) -> Written:
    """What a call is answered that is refused."""
    return Written(
        msgspec.json.encode(found.problem),
        status_code=found.problem.status,
        media_type="application/problem+json",
        headers=dict(found.headers),
    )
