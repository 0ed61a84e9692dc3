"""A policy that lets people into a group, and a world in which the group is."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from approvals.backends.granters.routed import Routed
from approvals.freezes import freezing
from approvals.grants import Window
from approvals.policy.model import Policy
from approvals.requests import Request
from sandbox.google import Google
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct_groups, direct_iam
from tests.support.doubles import Clock
from tests.support.fridays import GROUP, OF_GROUP
from tests.support.world import BOB, World, policy

TITLE = "title: Payments administration"


class Joined(World):
    """A world whose Google lives on its clock, and whose entitlement `admin` is a membership of `GROUP`."""

    def __init__(self, folder: Path, *, members: tuple[str, ...] = ()) -> None:
        clock = Clock()
        self.google: Google = google_with()
        self.google.groups.now = lambda: clock().timestamp()
        self.google.set_group(GROUP, members)
        # One knows what the other was told, as in the service.
        groups = self.standing = direct_groups(self.google, seconds=lambda: clock().timestamp())
        self.wire = Wire(Routed(iam=direct_iam(self.google), groups=groups))
        super().__init__(folder, granter=self.wire, clock=clock)
        self.policy = policy(OF_GROUP)

    def held(self) -> dict[str, datetime | None]:
        """Who is in the group now, and until when."""
        found = self.google.groups.held(GROUP)
        return {
            who: datetime.fromtimestamp(until, UTC) if until is not None else None for who, until in found.items()
        }

    def window_of(self, request: Request) -> Window:
        grant = self.read(request).grant
        assert grant is not None
        return grant.window

    def begin_of(self, request: Request) -> datetime:
        return self.window_of(request).start

    def end_of(self, request: Request) -> datetime:
        return self.window_of(request).end

    def extendable(self) -> Policy:
        return policy(OF_GROUP, ("max: 4h", "max: 1h"), (TITLE, f"{TITLE}\n    extend: {{max_total: 2h}}"))

    def freeze_(self) -> None:
        freezing.freeze(self.store, by="os:root", why=None, now=self.clock())

    def thaw_(self) -> None:
        assert freezing.thaw(self.store, by="os:root", why=None, now=self.clock())

    def restored(self) -> None:
        """The store is of another generation by now."""
        self.installation = msgspec.structs.replace(self.installation, generation="another")
        self.restart()

    def approved(self, *, minutes: int = 60) -> Request:
        request = self.file(minutes=minutes)
        self.press(BOB, request)
        return self.read(request)
