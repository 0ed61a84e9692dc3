"""Answers as they are sent: what was asked for, or a problem, and what each carries."""

import msgspec
from starlette.responses import Response

from handlers.api.calls import Reply
from handlers.api.documents import PATH
from handlers.api.problems import Refusal
from handlers.api.records import Whole

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries: it is for whoever called, is not kept, and no page of another site reads it."""


class Written(Response):
    """An answer. Of one request it remembers which, and for whom, for a call that waits for its change."""

    account: str = ""
    whole: Whole | None = None


def written(reply: Reply, *, account: str) -> Written:
    """What a call of this account is answered."""
    response = said(msgspec.json.encode(reply.body), status=reply.status)
    response.account = account
    response.whole = reply.body if isinstance(reply.body, Whole) else None
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
