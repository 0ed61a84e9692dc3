"""What no decision rests on keeps no decision waiting, however slow Google is: limits, and the look for drift."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest

from approvals.access import surveying
from approvals.ports.targets import Granter, Unsure
from approvals.refusals.errors import Unavailable
from tests.support.drift import looking_for_drift
from tests.support.world import BOB, GWEN, World, policy

LONG = 30.0


class Silent:
    """A Google that answers nothing about resources until the test is over, of which somebody has just asked."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()

    def _nothing(self, *_: Any, **__: Any) -> Any:
        self.asked.set()
        self.over.wait(4 * LONG)
        raise Unavailable("no answer came")

    policy = grantable = members = _nothing

    def read(self, *_: Any, **__: Any) -> Any:
        self.asked.set()
        self.over.wait(4 * LONG)
        raise Unsure("no answer came")


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.over.set()


@contextmanager
def one_thread(world: World, **parts: Any) -> Iterator[None]:
    """Evidence has one thread, and time enough. Nobody waits for what Google has room for."""
    world.policy = policy(("entitlements:", "administrators: [gwen@example.com]\nentitlements:"))
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as beside:
        world.uses = world.core(
            executor=one,
            beside=beside,
            time_left=lambda most: 0.0 if most == surveying.DEADLINE else LONG,
            **parts,
        ).uses
        yield


def test_limits_that_google_does_not_tell_keep_no_vote_waiting(world: World, silent: Silent) -> None:
    with one_thread(world, places=silent):
        request = world.file()
        assert silent.asked.wait(LONG)
        world.press(BOB, request)
        silent.over.set()

    assert world.read(request).state == "approved"


def test_an_administrator_who_looks_for_drift_keeps_no_vote_waiting(world: World, silent: Silent) -> None:
    with one_thread(world, drift=looking_for_drift(world, cast("Granter", silent))):
        request, gwen = world.file(), world.identity(GWEN)
        looking = threading.Thread(target=world.uses.drifting.drift, args=(gwen,), kwargs={"now": world.clock()})
        looking.start()
        assert silent.asked.wait(LONG)
        world.press(BOB, request)
        silent.over.set()
        looking.join(LONG)

    assert world.read(request).state == "approved"
