"""What goes wrong with a store itself, as opposed to what it holds."""

from approvals.errors import CountersignError


class StoreError(CountersignError):
    """The store cannot be used or did not keep what it was given; the text says what would mend it."""
