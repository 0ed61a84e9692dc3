"""Two instances over one Firestore, killed in turn; and what stands between people and them."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from chaos import scene
from chaos.balancer import Balancer
from chaos.findings import Findings
from chaos.twins import Twins
from demo.ports import free_port
from sandbox.app import Sandbox
from tests.support.emulators import new_project
from tests.support.servers import accepting

SEED = 20_261_128


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    """Two instances that answer each connection with their number and close it."""
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    with ExitStack() as stack:
        for number, listener in enumerate(opened):
            stack.enter_context(accepting(listener, partial(_answer, said=str(number).encode())))
        yield opened


def _answer(caller: socket.socket, *, said: bytes) -> None:
    with caller:
        caller.sendall(said)


def asked(balancer: Balancer) -> bytes:
    with socket.create_connection(("127.0.0.1", int(balancer.url.rpartition(":")[2])), timeout=10) as caller:
        return caller.recv(10)


def test_where_nobody_listens_a_caller_is_sent_away() -> None:
    with closing(Balancer([free_port(), free_port()])) as balancer:
        assert asked(balancer) == b""


def test_callers_come_to_either_in_turn(listeners: list[socket.socket]) -> None:
    with closing(Balancer([each.getsockname()[1] for each in listeners])) as balancer:
        assert [asked(balancer) for _ in range(4)] == [b"0", b"1", b"0", b"1"]


def test_callers_come_to_the_one_that_is_left(listeners: list[socket.socket]) -> None:
    left = listeners[1].getsockname()[1]
    with closing(Balancer([free_port(), left])) as balancer:
        assert [asked(balancer) for _ in range(3)] == [b"1", b"1", b"1"]


def test_nothing_forbidden_is_true_while_they_are_killed_in_turn(firestore_host: str, tmp_path: Path) -> None:
    """The short form of `python -m chaos --firestore`; it looks while one is dead, and when both are back."""
    findings = Findings()
    world = scene.world(tmp_path / "world.yaml")
    with Sandbox.start(world_file=world, iap_port=0, smtp_port=0) as box:
        twins = Twins(
            tmp_path / "twins", box, project=new_project(), host=firestore_host, seed=SEED, findings=findings
        )
        try:
            clean = twins.play(2, last=0)
        finally:
            twins.end()

    assert clean, findings.table()
    assert twins.counts["twins: kills"] == 2
    assert findings.checks["chains"] > 2
    assert twins.ledger.promises, "nobody was answered anything"
