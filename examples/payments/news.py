"""What Countersign tells by the webhook: a reason to look, once it is verified, and never a permission."""

import contextlib
from collections.abc import Mapping
from time import monotonic

from ledger import Ledger
from refunding import Refunds

from countersign_client import async_calls
from countersign_client.applications import WebhookError, verify_webhook
from countersign_client.applications.webhooks import Told
from countersign_client.calls import NoAnswer
from countersign_client.errors import Unusable

_AGAIN = 10.0


class News:
    """Takes what comes to the webhook."""

    def __init__(self, service: str, refunds: Refunds, ledger: Ledger) -> None:
        self._published = f"{service}/.well-known/jwks.json"
        self._refunds, self._ledger = refunds, ledger
        self._keys, self._read = b'{"keys": []}', -_AGAIN

    async def take(self, raw: bytes, headers: Mapping[str, str]) -> None:
        """Note what is told, and go on with the refund that it is about.

        Raises `WebhookError` for what Countersign did not send, and `Unusable` where its keys cannot be had.
        """
        told = await self._verified(raw, headers)
        # The same message may come again: whoever took it answered too late, or the answer was lost.
        if self._ledger.hear(told.id, told.request, told.state):
            self._refunds.told(told.request)

    async def _verified(self, raw: bytes, headers: Mapping[str, str]) -> Told:
        try:
            return verify_webhook(raw, headers, self._keys)
        except (WebhookError, Unusable):
            # Keys are changed now and then; whoever sends nonsense does not make us ask for them all the time.
            if monotonic() < self._read + _AGAIN:
                raise
        await self._read_keys()
        return verify_webhook(raw, headers, self._keys)

    async def _read_keys(self) -> None:
        self._read = monotonic()
        with contextlib.suppress(NoAnswer):
            answer = await async_calls.send("GET", self._published, timeout=5)
            if answer.status == 200:
                self._keys = answer.body
