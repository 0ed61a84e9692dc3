"""What the approval system refuses, as kinds. Only the channels turn them into sentences for people."""

from collections.abc import Callable, Iterable
from typing import Unpack

from approvals.refusals.codes import Code
from approvals.refusals.reasons import Facts, Reason, reason


class CountersignError(Exception):
    """The root of every error that this product raises on purpose."""


class Refused(CountersignError):
    """A person may not do this, or not now. `reason` says why; a channel makes its sentence of it.

    `all` are this and the further refusals that hold at the same time.
    """

    def __init__(self, why: Code | Reason, **facts: Unpack[Facts]) -> None:
        """`why` is a code, whose facts follow, or a reason that was found before."""
        self.reason = why if isinstance(why, Reason) else reason(why, **facts)
        self.all: tuple[Refused, ...] = (self,)

    def besides(self, others: Iterable["Refused"]) -> "Refused":
        """Return this refusal with others that hold at the same time."""
        self.all = (self, *others)
        return self

    @property
    def code(self) -> str:
        return self.reason.code

    @property
    def kind(self) -> str:
        """What a code has in common with its family: `limit` of `limit.hour`."""
        return self.reason.kind

    def __str__(self) -> str:
        """For the log: no sentence for a person."""
        return str(self.reason)


class Unavailable(CountersignError):
    """Something outside did not answer in time or answered with a fault: the same call may succeed later.

    `retry_after` is in seconds, zero where the other side named no time.
    """

    def __init__(self, text: str, *, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class OffersUnknown(Unavailable):
    """IAM did not say what it offers: whatever hangs on that is not decided now."""


class NotSent(Unavailable):
    """A message was certainly not sent: sending it again repeats nothing."""


class NotKept(Unavailable):
    """A change could not be begun in the time that somebody waits for it: nothing of it was kept."""


class Late(Unavailable):
    """A change was under way when nobody could wait for it any longer: it may be kept, or have been.

    `when_kept` calls what it is given once the change is kept, from another thread, and never where it is not.
    Where nobody will know, it calls at once.
    """

    def __init__(self, text: str, *, when_kept: Callable[[Callable[[], None]], None] | None = None) -> None:
        super().__init__(text)
        self.when_kept = when_kept or (lambda call: call())


class NotTaken(CountersignError):
    """Something outside refuses what it was handed, and not the call: the same would be refused again."""


class Conflict(CountersignError):
    """Somebody else changed the record first: read again and apply again."""


class NotFound(CountersignError):
    """There is no such record."""


class Unreadable(CountersignError):
    """There is such a record, and it cannot be read: somebody or something spoilt it."""
