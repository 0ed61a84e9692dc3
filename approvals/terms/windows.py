"""In which window the access that terms ask for lies: fixed by the moment of its approval, and never moved."""

from datetime import datetime

from approvals.grants import Window
from approvals.terms.records import Terms
from approvals.times import whole_seconds


def window(terms: Terms, *, at: datetime) -> Window:
    """The window of what is approved at this moment, in whole seconds.

    What continues other access begins at once, so that nothing lies between, and lasts the asked duration beyond
    the end of that, which is its `start`.
    """
    now = whole_seconds(at)
    if terms.extends and terms.start is not None:
        return Window(start=now, end=terms.start + terms.duration)
    start = now if terms.start is None else max(now, terms.start)
    return Window(start=start, end=start + terms.duration)
