"""A form of which the half came: nothing was decided, nobody hears an answer, and it is no error of ours."""

import asyncio
from typing import Any

import pytest

from tests.support.running import Running
from tests.support.visits import FORM, link


@pytest.mark.parametrize("came", [[], [b"kind=approve&"]])
def test_a_form_that_breaks_off_is_no_error_and_no_vote(office: Running, came: list[bytes]) -> None:
    asked = office.ask("alice", "admin")
    path = link(office, asked)
    (door,) = (served.doors["/review/"] for served in office.service.served if "/review/" in served.doors)
    coming = iter([{"type": "http.request", "body": piece, "more_body": True} for piece in came])
    answers: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"pages"), (b"content-type", FORM.encode()), (b"content-length", b"100")],
    }

    async def receive() -> Any:
        return next(coming, {"type": "http.disconnect"})

    async def send(part: Any) -> None:
        answers.append(part)

    async def call() -> None:
        await door(scope, receive, send)

    asyncio.run(call())

    assert answers == []
    assert office.request(asked).reviews == ()
