"""What goes wrong with a store itself, as opposed to what it holds."""

from approvals.refusals.errors import CountersignError, Unreadable


class StoreError(CountersignError):
    """The store cannot be used or did not keep what it was given; the text says what would mend it."""


class UnreadableRecord(StoreError, Unreadable):
    """One record cannot be read; the others can."""
