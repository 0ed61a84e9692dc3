"""Transactions that only hold on to what they read, by the calls beneath Google's client.

The client's own transactions take no deadline, and lock what they read where the database does so by default.
These are optimistic: nothing is locked, so that whoever dies in the middle holds nobody up, and a commit is
refused when anything that was read has changed since
(https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#google.firestore.v1.TransactionOptions).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from approvals.backends.stores.firestore.failures import Disturbed

if TYPE_CHECKING:
    from google.cloud import firestore


def begin(client: "firestore.Client", paths: Sequence[str], limits: dict[str, Any]) -> tuple[bytes, list[Any]]:
    """Begin a transaction and read these documents in it, in one call; return its id and their snapshots."""
    from google.cloud.firestore_v1 import types  # noqa: PLC0415 - loads with the client
    from google.cloud.firestore_v1.base_client import _parse_batch_get  # noqa: PLC0415

    mode = types.TransactionOptions.ConcurrencyMode.OPTIMISTIC
    options = types.TransactionOptions(read_write=types.TransactionOptions.ReadWrite(concurrency_mode=mode))
    references = [client.document(path) for path in paths]
    request, by_name, _ = client._prep_get_all(references)  # noqa: SLF001
    request = {name: value for name, value in request.items() if name != "transaction"}
    answers = client._firestore_api.batch_get_documents(  # noqa: SLF001
        request=request | {"new_transaction": options},
        metadata=client._rpc_metadata,  # noqa: SLF001
        **limits,
    )
    transaction, snapshots = b"", []
    for answer in answers:
        transaction = answer.transaction or transaction
        if answer.found.name or answer.missing:
            snapshots.append(_parse_batch_get(answer, by_name, client))
    return transaction, snapshots


def commit(
    client: "firestore.Client", batch: "firestore.WriteBatch", transaction: bytes, *, timeout: float
) -> list[Any]:
    """Commit a batch in a transaction; return what came of each write.

    Raises `Disturbed` also where the whole of it is worth repeating.

    It is sent once: sent again, a transaction that was committed, or is over, is refused for that.
    """
    request, options = batch._prep_commit(None, timeout)  # noqa: SLF001
    with _repeatable():
        answer = client._firestore_api.commit(  # noqa: SLF001
            request=request | {"transaction": transaction},
            metadata=client._rpc_metadata,  # noqa: SLF001
            **options,
        )
    return list(answer.write_results)


def roll_back(client: "firestore.Client", transaction: bytes, *, timeout: float) -> None:
    """End a transaction that is not committed. Where that does not arrive, it ends by itself."""
    from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415

    try:
        client._firestore_api.rollback(  # noqa: SLF001
            request={"database": client._database_string, "transaction": transaction},  # noqa: SLF001
            metadata=client._rpc_metadata,  # noqa: SLF001
            retry=None,
            timeout=timeout,
        )
    except GoogleAPICallError:
        return


@contextmanager
def _repeatable() -> Iterator[None]:
    from google.api_core import exceptions  # noqa: PLC0415

    try:
        yield
    except (exceptions.ServiceUnavailable, exceptions.ResourceExhausted, exceptions.InternalServerError) as error:
        raise Disturbed(str(error)) from error
    except exceptions.InvalidArgument as error:
        if "transaction" not in str(error).lower():
            raise
        raise Disturbed(str(error)) from error
