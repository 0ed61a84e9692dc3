"""The whole program with its API, behind the sandbox's Identity-Aware Proxy."""

from collections.abc import Iterator

import pytest

from approvals.freezes import freezing
from approvals.requests import settled, undecided
from tests.support.callers import Caller
from tests.support.running import Running, running

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as office:
        yield office


@pytest.fixture(autouse=True)
def tidy(office: Running) -> Iterator[None]:
    """Nobody reaches the limit of what may wait, no access and no freeze stays, and the clock is right.

    Access that stays is one binding with the next one's where both begin in the same second, under the first one's
    name.
    """
    ahead = office.clock.ahead
    yield
    office.clock.ahead = ahead
    freezing.thaw(office.service.store, by="os:root", why=None, now=office.clock())
    for who in (ALICE, BOB, DAN):
        caller, left = Caller(office, who), office.service.store.open_of(who)
        for request in left:
            caller.post(f"/v1/requests/{request.id}/{'withdraw' if undecided(request) else 'end'}")
        for request in left:
            _over(office, request.id)


def _over(office: Running, request_id: str) -> None:
    """Nothing of it is left, and the service has seen that: it counts as open no more."""
    office.gone(request_id)
    office.until(lambda: settled(office.request(request_id)))


@pytest.fixture
def alice(office: Running) -> Caller:
    return Caller(office, ALICE)


@pytest.fixture
def bob(office: Running) -> Caller:
    return Caller(office, BOB)


@pytest.fixture
def carol(office: Running) -> Caller:
    return Caller(office, CAROL)
