"""A service that says what a test wants, and who calls it: for answers that no real service gives on demand."""

import json
from collections.abc import Mapping
from typing import Any

SECRET = "eyJhbGciOiJSUzI1NiJ9.e30.c2VjcmV0"


class Token:
    """A credential that is always the same; it notes what it was asked for."""

    audience_hint = "the audience is wrong"

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def token(self, url: str, *, whole_host: bool, timeout: float) -> str:
        assert timeout > 0
        self.asked.append((url, whole_host))
        return SECRET


class Said:
    """A server that says one thing after the other, and the last one for ever; it notes what came.

    An answer is status, headers and body; one whose status is 0 breaks off in the middle.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, Mapping[str, str], bytes]] = []
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def says(self, *answers: tuple[int, Mapping[str, str], Any]) -> None:
        self.came.clear()
        self.answers = [
            (status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())
            for status, headers, body in answers
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.came.append((scope["method"], scope["path"], headers, body))
        status, said, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        told = [(name.lower().encode(), value.encode()) for name, value in said.items()]
        length = len(text) + (0 if status else 10)
        told.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": status or 200, "headers": told})
        await send({"type": "http.response.body", "body": text})
