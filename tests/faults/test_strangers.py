"""Strangers hold all the connections they can get: clicks are answered and access ends all the same."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.app import Sandbox
from sandbox.slack import outward
from sandbox.slack.records import Message
from tests.faults.children import served
from tests.support.running import POLICY
from tests.support.shown import buttons, words

FILES = 1024
"""The limit of open files that many systems set."""

STRANGERS = 1100
HEAD = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Crowd(threading.Thread):
    """So many connections from one address. Each that is broken off is opened again soon.

    Not at once: a machine that does nothing but open connections answers nobody, whatever the service does.
    """

    def __init__(self, url: str, first: bytes) -> None:
        super().__init__(daemon=True)
        self._place = ("127.0.0.1", urlsplit(url).port or 0)
        self._first = first
        self._over = threading.Event()
        self._held = selectors.DefaultSelector()
        self.opened = 0

    def run(self) -> None:
        while not self._over.is_set():
            for key, _ in self._held.select(timeout=0):
                if _is_over(key.fileobj):
                    self._held.unregister(key.fileobj)
            self._over.wait(0.1)
            for _ in range(min(50, STRANGERS - len(self._held.get_map()))):
                self._open()
        for key in list(self._held.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # a socket, as it was registered

    def _open(self) -> None:
        try:
            one = socket.create_connection(self._place, timeout=2)
        except OSError:
            return
        try:
            one.sendall(self._first)
        except OSError:
            one.close()
            return
        self._held.register(one, selectors.EVENT_READ)
        self.opened += 1

    def stop(self) -> None:
        self._over.set()
        self.join(60)
        self._held.close()


def _is_over(one: object) -> bool:
    assert isinstance(one, socket.socket)
    try:
        if one.recv(4096):
            return False
    except OSError:
        pass
    one.close()
    return True


@contextmanager
def crowded(url: str, first: bytes) -> Iterator[Crowd]:
    crowd = Crowd(url, first)
    crowd.start()
    try:
        yield crowd
    finally:
        crowd.stop()


def opening(kind: str) -> bytes:
    """What each stranger sends before it falls silent."""
    fresh = HEAD + f"X-Slack-Request-Timestamp: {int(time.time())}\r\nX-Slack-Signature: v0=0\r\n".encode()
    return {
        "nothing": b"",
        "half a head": HEAD,
        "a body without its end": fresh + b"Content-Length: 700000\r\n\r\n" + b"a" * 60_000,
    }[kind]


@pytest.mark.parametrize("kind", ["nothing", "half a head", "a body without its end"])
def test_strangers_keep_nobody_from_deciding_and_no_access_from_ending(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less than a stranger may hold a connection for, and more than a busy machine takes.
    monkeypatch.setattr(outward, "ANSWER_SECONDS", 10.0)
    (tmp_path / "policy.yaml").write_text(POLICY)
    with (
        Sandbox.start() as box,
        served(box, tmp_path, files=FILES) as child,
        crowded(child.url, opening(kind)) as crowd,
    ):
        box.slack.wait(lambda: crowd.opened > FILES, seconds=120)
        assert box.slack.command("alice", "/jit request admin for 5s because INC-1").ok
        card = box.slack.wait(lambda: _with_buttons(box), seconds=60)[-1]
        assert [box.slack.command("alice", "/jit help").status for _ in range(20)] == [200] * 20
        assert box.slack.press("bob", "approve", message=card).ok
        # It stands for five seconds, in which nobody may have looked: it was written, and is gone.
        box.slack.wait(lambda: box.google.calls("setIamPolicy"), seconds=60)
        box.slack.wait(lambda: not _granted(box), seconds=5 + 60)
        assert child.files() < FILES - 200


def _with_buttons(box: Sandbox) -> list[Message]:
    return [one for one in box.slack.messages("#access") if "approve" in buttons(one) and "INC-1" in words(one)]


def _granted(box: Sandbox) -> bool:
    return any("countersign:" in str(policy) for policy in box.google.policies().values())
