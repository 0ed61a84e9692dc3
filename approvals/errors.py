"""What the approval system refuses, as kinds. Only the channels turn them into sentences for people."""

from collections.abc import Callable, Iterable


class CountersignError(Exception):
    """The root of every error that this product raises on purpose."""


class Refused(CountersignError):
    """A person may not do this, or not now. `code` names the reason; the text is safe to show to that person.

    `also` are further reasons that hold at the same time; `all` are those and this one.
    """

    def __init__(self, code: str, text: str, *, also: Iterable["Refused"] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.all: tuple[Refused, ...] = (self, *also)


class Unavailable(CountersignError):
    """Something outside did not answer in time or answered with a fault: the same call may succeed later.

    `retry_after` is in seconds, zero where the other side named no time.
    """

    def __init__(self, text: str, *, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


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


class Conflict(CountersignError):
    """Somebody else changed the record first: read again and apply again."""


class NotFound(CountersignError):
    """There is no such record."""
