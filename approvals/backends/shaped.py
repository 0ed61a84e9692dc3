"""Answers of an API that have another shape than it documents: they say nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.refusals.errors import Unavailable


@contextmanager
def shaped(said: str) -> Iterator[None]:
    """Raise `Unavailable`, with this sentence, where what is read within lacks what is documented.

    What the API's library does not send, because of a name that another answer gave, is such a thing as well.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        raise Unavailable(said) from error
