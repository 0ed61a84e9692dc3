"""Who is let in: how many connections at once, and how many bytes that nobody has vouched for.

Strangers reach the port as Slack does, and through a proxy from the same address. So nobody is counted out: the
newest come in, and whoever has waited longest without asking anything makes room.
"""

import resource
from contextlib import suppress
from typing import Protocol

from handlers.seldom import Seldom

RESERVE = 640
"""Descriptors that no connection gets: the store, Slack, Google and the threads that call them need them."""

MOST = 2048
"""Connections at once, however many descriptors there are."""

UNPROVEN = 32 << 20
"""Bytes of messages that have not come to their end, of all connections together."""

_ENOUGH = 1 << 16


def room() -> int:
    """Raise the limit of open files as far as the system lets us; return how many connections fit below it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems allow less than they say; what there was is then what there is.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    files = _ENOUGH if soft == resource.RLIM_INFINITY else soft
    return min(MOST, max(files // 3, files - RESERVE))


class Guest(Protocol):
    """A connection. `address` is that of its other end."""

    address: str

    def break_off(self) -> None:
        """End it at once, without an answer."""


class Admission:
    """Counts the connections of one event loop."""

    def __init__(self, *, most: int, seldom: Seldom, unproven: int = UNPROVEN) -> None:
        self._most = most
        self._unproven = unproven
        self.seldom = seldom
        self._guests: set[Guest] = set()
        # Those that nothing is being answered to, by address; the longest waiting first.
        self._waiting: dict[str, dict[Guest, None]] = {}
        self._sizes: dict[Guest, int] = {}
        self._bytes = 0

    def came(self, guest: Guest) -> None:
        """Let a connection in. Where it is one too many, another one goes, or itself."""
        self._guests.add(guest)
        if len(self._guests) > self._most:
            self._make_room(guest)
        if guest in self._guests:
            self.waits(guest)

    def waits(self, guest: Guest) -> None:
        """It has asked nothing yet, or nothing more."""
        self._waiting.setdefault(guest.address, {}).setdefault(guest)

    def asked(self, guest: Guest) -> None:
        """A whole message of it came, which is being answered now."""
        self._forget(guest)
        others = self._waiting.get(guest.address, {})
        others.pop(guest, None)
        if not others:
            self._waiting.pop(guest.address, None)

    def left(self, guest: Guest) -> None:
        """It is gone, or was broken off."""
        self._guests.discard(guest)
        self.asked(guest)

    def brought(self, guest: Guest, size: int) -> None:
        """So many bytes more of a message without its end. Where they are too many, the largest message goes."""
        self._sizes[guest] = self._sizes.get(guest, 0) + size
        self._bytes += size
        while self._bytes > self._unproven:
            largest = max(self._sizes, key=self._sizes.__getitem__)
            self.break_off(largest, "unproven", "messages that do not come to their end hold too much memory")

    def break_off(self, guest: Guest, kind: str, why: str) -> None:
        """End a connection, and say why in the log, at most once a minute and kind."""
        self.seldom.warn(kind, f"a connection was broken off: {why}. See who else reaches this port")
        self.left(guest)
        guest.break_off()

    def _make_room(self, newcomer: Guest) -> None:
        """The address with the most waiting connections loses the one that waits longest."""
        crowd = max(self._waiting.values(), key=len, default={newcomer: None})
        why = f"there are {self._most} already, and this one had waited longest without asking anything"
        self.break_off(next(iter(crowd)), "crowd", why)

    def _forget(self, guest: Guest) -> None:
        self._bytes -= self._sizes.pop(guest, 0)
