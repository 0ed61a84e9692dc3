"""Whoever watches what goes out is told of a mail its server and how it ended, and nobody's address."""

from collections.abc import Iterator

import pytest

from approvals.ports.messages import ChannelError
from countersign_client import outgoing
from tests.handlers.mail.servers import CONTENT, LONG, TO, Serving
from tests.support.mails import MailServer

Told = list[tuple[outgoing.Call, int, str]]


@pytest.fixture
def told() -> Iterator[Told]:
    found: Told = []

    def begin(call: outgoing.Call) -> outgoing.Ended:
        return lambda status, failed: found.append((call, status, failed))

    outgoing.watch(begin)
    yield found
    outgoing.watch(None)


def test_a_mail_that_is_taken_and_one_that_is_refused_are_told(
    server: Serving, box: MailServer, told: Told
) -> None:
    sending = server(box.port)
    sending.send(TO, CONTENT, timeout=LONG)
    box.replies["RCPT"] = ["550 5.1.1 nobody of that name"]
    with pytest.raises(ChannelError):
        sending.send(TO, CONTENT, timeout=LONG)

    assert [(call.protocol, call.method, call.port, failed) for call, _, failed in told] == [
        ("smtp", "", box.port, ""),
        ("smtp", "", box.port, "ChannelError"),
    ]
    assert TO not in repr(told)
