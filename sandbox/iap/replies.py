"""The small parts of IAP's own answers: cookies, refusals, and what it passes on."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.iap.proxy import LARGEST, Answer, Headers

GENERATED = {"X-Goog-IAP-Generated-Response": "true"}
"""What tells IAP's own answers from the program's."""

SESSION, NONCE = "GCP_IAP_AUTH_TOKEN", "GCP_IAP_XSRF_NONCE"
"""IAP's cookies. The real ones are `Secure` and `SameSite=None`, which not every browser keeps for a plain-HTTP
address on loopback. A page on another port of this machine is of the same site: its forms carry them too."""


def refused(text: str, status: int) -> Response:
    """What IAP tells a program: one sentence."""
    return PlainTextResponse(text, status, headers=GENERATED)


def cookies(request: Request) -> dict[str, str]:
    """IAP's own cookies of a request."""
    held = {name: request.cookies.get(name, "") for name in (SESSION, NONCE)}
    return {name: value for name, value in held.items() if value}


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Keep a value in the browser until it is closed, or for some seconds; 0 removes it."""
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite=None)


def without_own_cookies(headers: Headers) -> Headers:
    """The headers without IAP's cookies, which are no business of the program's."""
    return [
        (name, _others(value) if name.lower() == "cookie" else value)
        for name, value in headers
        if name.lower() != "cookie" or _others(value)
    ]


def passed(method: str, answer: Answer) -> Response:
    """The program's answer as it came."""
    response = Response(answer.body, answer.status)
    # An answer without a body says how long it would have been, or nothing.
    bare = method == "HEAD" or answer.status in (204, 304)
    kept = [(name.lower(), value) for name, value in answer.headers if bare or name.lower() != "content-length"]
    if not bare:
        kept.append(("content-length", str(len(answer.body))))
    response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]
    return response


async def bounded(request: Request) -> bytes | None:
    """The body of a request, or None where it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return body


def target(path: bytes, query: bytes) -> str:
    """A path with its query, as it came."""
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _others(value: str) -> str:
    pairs = [pair.strip() for pair in value.split(";")]
    return "; ".join(pair for pair in pairs if pair.partition("=")[0] not in (SESSION, NONCE))
