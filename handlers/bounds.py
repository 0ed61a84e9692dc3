"""How much of what somebody sends is read."""

from starlette.requests import Request


async def bounded(request: Request, *, most: int) -> bytes | None:
    """The body, or None where it has more bytes than any of ours: the rest of it is not read.

    Raises `ClientDisconnect` where nobody is there any more.
    """
    held = b""
    async for piece in request.stream():
        held += piece
        if len(held) > most:
            return None
    return held
