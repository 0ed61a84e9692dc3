"""Answers in drops: what comes before the step is there at once, and the rest a byte at a time."""

import socket
from urllib.parse import urlsplit

import pytest

from sandbox.app import Sandbox
from sandbox.drips import Step
from sandbox.google.faults import Fault

HEAD = b"HTTP/1.1 200 OK\r\n"
AT_ONCE: dict[Step, bytes] = {"status": b"", "headers": HEAD, "body": HEAD + b"Content-Type"}


@pytest.mark.parametrize(
    ("step", "at_once"), [("status", b""), ("headers", HEAD), ("body", HEAD + b"Content-Type")]
)
def test_slack_answers_in_drops_and_has_done_it(box: Sandbox, step: Step, at_once: bytes) -> None:
    box.slack.faults.add("auth.test", "drip", step=step)
    assert _first(box.slack_api_url + "auth.test", token=box.bot_token).startswith(at_once)
    assert box.slack.faults.calls["auth.test"] == 1


@pytest.mark.parametrize(
    ("step", "at_once"), [("status", b""), ("headers", HEAD), ("body", HEAD + b"Content-Type")]
)
def test_google_answers_in_drops_and_has_done_it(box: Sandbox, step: Step, at_once: bytes) -> None:
    box.google.faults.set(Fault(method="projects.getIamPolicy", resource="projects/demo-prod", drip=step))
    url = f"{box.google_api_url}/cloudresourcemanager/v3/projects/demo-prod:getIamPolicy"
    assert _first(url, token="any").startswith(at_once)
    assert len(box.google.calls("getIamPolicy")) == 1


def _first(url: str, *, token: str) -> bytes:
    """What comes first, read as it comes: more than one piece, and not all of it."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as sock:
        sock.sendall(
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        pieces = [sock.recv(4096) for _ in range(4)]
    assert all(pieces)
    found = b"".join(pieces)
    assert not found.endswith(b"}")
    return found
