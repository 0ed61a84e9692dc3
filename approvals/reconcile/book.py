"""The ledger of one resource under the lease of whoever works on it."""

from collections.abc import Collection

import msgspec

from approvals.ledgers.aside import joined, parted
from approvals.ledgers.ledger import Ledger, decoded, encoded
from approvals.ports.store import Lease, Work


class Book:
    """What stands in the ledger now; each change is durable before anything goes on, but for what is noted.

    Raises `Conflict`.
    """

    def __init__(self, store: Work, lease: Lease) -> None:
        self._store = store
        self._lease = lease
        self.ledger = decoded(lease.body)
        self.until = lease.until
        self._aside = Ledger()
        self._noted = False

    def set_aside(self, members: Collection[str]) -> None:
        """Keep what stands there of these people, and of nobody else, out of the work: it stays as it is."""
        self.ledger, self._aside = parted(joined(self.ledger, self._aside), members)

    def save(self, ledger: Ledger) -> None:
        if ledger != self.ledger or self._noted:
            self._lease = self._store.save(self._lease, encoded(joined(ledger, self._aside)))
            self.ledger, self._noted = ledger, False

    def change(self, ledger: Ledger) -> None:
        """Save it where it says something else by now. What was only noted before waits for that."""
        if ledger != self.ledger:
            self.save(ledger)

    def note(self, ledger: Ledger) -> None:
        """Keep it with the next change, or by `flush`: until then no record rests on it, and nothing outside.

        What is lost by a crash until then is found out anew.
        """
        self._noted = self._noted or ledger != self.ledger
        self.ledger = ledger

    def flush(self) -> None:
        self.save(self.ledger)

    def keep(self, **fields: object) -> None:
        """Save some fields and leave the others."""
        self.save(msgspec.structs.replace(self.ledger, **fields))
