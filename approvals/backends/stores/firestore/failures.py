"""What Google's client raises, as our errors (https://cloud.google.com/firestore/docs/understand-error-codes)."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.backends.stores.errors import StoreError
from approvals.refusals.errors import CountersignError, Late, NotKept, Unavailable


class Disturbed(Exception):
    """A commit found another state than the one that was read before it, and wrote nothing."""


class NoIndex(StoreError):
    """A query needs an index that is not there, or not built yet."""


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn what the client raises into `StoreError` (an operator must act) or `Unavailable` (time may mend it)."""
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - loads with the client
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    try:
        yield
    except GoogleAPIError as error:
        raise _in_words(error, place) from error
    except GoogleAuthError as error:
        raise Unavailable(f"{place}: Google's credentials could not be had: {error}") from error


@contextmanager
def told_of_commit(place: str) -> Iterator[None]:
    """The same for a commit, where a failed precondition or an abort means that somebody else was first."""
    from google.api_core import exceptions  # noqa: PLC0415

    disturbed = (
        exceptions.Aborted,
        exceptions.AlreadyExists,
        exceptions.FailedPrecondition,
        exceptions.NotFound,
    )
    try:
        with told(place):
            try:
                yield
            except disturbed as error:
                raise Disturbed(str(error)) from error
    except NotKept:
        raise
    except Unavailable as error:
        # It may have been the answer that got lost, or came too late.
        raise Late(str(error)) from error


@contextmanager
def told_of_read(place: str) -> Iterator[None]:
    """The same for a read in a transaction, where an abort means that somebody writes there right now."""
    from google.api_core.exceptions import Aborted  # noqa: PLC0415

    with told(place):
        try:
            yield
        except Aborted as error:
            raise Disturbed(str(error)) from error


def _in_words(error: Exception, place: str) -> CountersignError:
    from google.api_core import exceptions  # noqa: PLC0415

    if isinstance(error, exceptions.NotFound):
        return StoreError(f"{place}: there is no such database: create it in Firestore's native mode")
    if isinstance(error, (exceptions.Forbidden, exceptions.Unauthorized)):
        return StoreError(f"{place}: this account may not use it: give it roles/datastore.user ({error})")
    if isinstance(error, exceptions.FailedPrecondition) and "index" in str(error):
        return NoIndex(f"{place}: deploy the indexes of firestore.indexes.json and wait for them ({error})")
    if isinstance(error, exceptions.FailedPrecondition):
        return StoreError(f"{place}: it must be a database in Firestore's native mode ({error})")
    if isinstance(error, exceptions.InvalidArgument):
        return StoreError(f"{place}: Firestore does not take this, nothing of it was kept ({error})")
    return Unavailable(f"{place}: Firestore does not answer as it should: {error}")
