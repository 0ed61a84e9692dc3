"""The whole program with pages, behind the sandbox's Identity-Aware Proxy."""

from collections.abc import Iterator

import pytest

from approvals.requests import waits
from tests.support.running import Running, running

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as office:
        yield office


@pytest.fixture(autouse=True)
def tidy(office: Running) -> Iterator[None]:
    """Nobody reaches the limit of what may wait, however many tests ask."""
    yield
    for who in (ALICE, DAN):
        for request in office.service.store.open_of(who):
            # What is over already has no button, or loses it in a moment.
            if waits(request, now=office.clock()):
                office.press(who.partition("@")[0], "withdraw", request.id)
