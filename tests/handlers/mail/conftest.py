"""A mail server, and what sends to it."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.outside import outside
from handlers.mail.server import Server
from handlers.mail.sign_in import SignIn
from handlers.seldom import Seldom
from tests.handlers.mail.servers import Serving
from tests.support.certificates import certificate, trusted
from tests.support.mails import MailServer, mail_server, mail_settings


@pytest.fixture
def server() -> Iterator[Serving]:
    """Makes what sends, and ends its connections."""
    made: list[Server] = []

    def make(port: int, *, clock: Callable[[], float] = time.monotonic, **changes: Any) -> Server:
        settings = mail_settings(port, **changes)
        calls = outside(base_url=None)
        seldom = Seldom(logging.getLogger("test"))
        sign_in = SignIn(settings, outside=calls)
        made.append(Server(settings, dial=calls.dial, sign_in=sign_in, seldom=seldom, clock=clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    pem, public = certificate(tmp_path)
    with mail_server(pem) as running, trusted(public, monkeypatch):
        yield running
