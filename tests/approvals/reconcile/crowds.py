"""Many people on one resource, and a Google that refuses and dawdles as a test says."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest

from approvals.ports.targets import Binding, Forbidden, GranterError, Snapshot
from approvals.requests import Request
from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.world import World

BINDING = f"binding:{RESOURCE}"
CROWD = [f"person{number:03}@example.com" for number in range(40)]


Refuses = Callable[[Iterable[Binding], Iterable[Binding]], GranterError | None]


class Strict(Wire):
    """A line to a Google that refuses what a test says, and answers each call after some seconds."""

    def __init__(self, cloud: Google) -> None:
        super().__init__(direct_iam(cloud))
        self.seconds = 0.0
        self.pass_time: Callable[[float], None] = lambda _: None
        self.refuses: Refuses = lambda add, remove: None
        self.tried: list[tuple[int, int]] = []
        self.log: list[tuple[datetime, set[str], set[str]]] = []
        self.clock: Callable[[], datetime] = datetime.now

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        self.pass_time(self.seconds)
        return super().read(resource, timeout=timeout, reason=reason)

    def write(self, snapshot: Snapshot, *, remove: Any, add: Any, timeout: float, reason: str) -> None:
        self.tried.append((len(add), len(remove)))
        self.pass_time(self.seconds)
        error = self.refuses(add, remove)
        if error is not None:
            raise error
        super().write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)
        self.log.append((self.clock(), {each.member for each in add}, {each.member for each in remove}))


@pytest.fixture
def wire(cloud: Google) -> Strict:
    return Strict(cloud)


@pytest.fixture
def crowded(world: World, wire: Strict) -> World:
    wire.pass_time, wire.clock = world.clock.advance, world.clock
    for person in CROWD:
        world.people.join(person)
    return world


def asked(world: World, people: Iterable[str] = CROWD, **terms: Any) -> list[Request]:
    return [world.file(person, "logs", **terms) for person in people]


def states(world: World, requests: Iterable[Request]) -> set[str]:
    return {world.state(request) for request in requests}


def cap(role: str, error: Callable[[str], GranterError] = Forbidden) -> Refuses:
    """As Google refuses a change of a role that the condition on the service's own role does not list."""

    def refuses(add: Iterable[Binding], remove: Iterable[Binding]) -> GranterError | None:
        changed = {each.role for each in (*add, *remove)}
        return error(f"no permission to change {role}") if role in changed else None

    return refuses
