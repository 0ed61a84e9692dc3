"""The part that matters: nothing is paid that Countersign did not allow, for exactly what the ledger says now."""

import asyncio
import contextlib

from ledger import Ledger, Refund

from countersign_client.applications import AsyncApplication, Money
from countersign_client.applications.errors import NotAllowed, Pending, StepUp, Unreachable, Used

_AGAIN = 20.0
"""Seconds after which it looks by itself: a message may be late, or never come."""


class Refunds:
    """Asks for refunds, and pays those that are allowed."""

    def __init__(self, countersign: AsyncApplication, ledger: Ledger) -> None:
        self._countersign = countersign
        self._ledger = ledger
        self._tasks: set[asyncio.Task[None]] = set()
        self._news: dict[str, asyncio.Event] = {}

    async def ask(self, refund: Refund, token: str) -> None:
        """Ask on behalf of whoever is signed in. Raises `StepUp`; every other no is written down."""
        try:
            asked = await self._countersign.ask(
                "refund",
                on_behalf_of=token,
                key=f"refund/{refund.id}",
                **_parameters(refund),
            )
        except StepUp:
            raise
        except NotAllowed as no:
            return self._ledger.refuse(refund.id, no.reason)
        self._ledger.waits(refund.id, asked.id)
        return self.settle_later(refund.id)

    def resume(self) -> None:
        """Go on with what waited when the process before this one ended."""
        for refund in self._ledger.all("waiting"):
            self.settle_later(refund.id)

    def settle_later(self, refund: int) -> None:
        """Wait for the decision beside everything else."""
        task = asyncio.create_task(self._settle(refund))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def told(self, request: str) -> None:
        """Something has become of a request: look now. What it is is not taken from a message."""
        if request in self._news:
            self._news[request].set()

    async def use_again(self, refund: Refund) -> None:
        """What somebody would try who wants the same money twice."""
        try:
            await self._countersign.consume(
                refund.request, "refund", key=f"refund/{refund.id}", **_parameters(refund)
            )
        except NotAllowed as no:
            self._ledger.note(refund.id, no.reason)

    async def _settle(self, number: int) -> None:
        while (refund := self._ledger.read(number)) is not None and refund.state == "waiting":
            news = self._news.setdefault(refund.request, asyncio.Event())
            news.clear()
            try:
                await self._look(refund)
                # Read again: what is paid is what stands there now, and that must be what was approved.
                refund = self._ledger.read(number) or refund
                allowed = await self._countersign.consume(
                    refund.request,
                    "refund",
                    key=f"refund/{refund.id}",
                    # The same name after a crash between this line and the next gets the same receipt.
                    idempotency_key=f"refund-{refund.id}-{refund.request}",
                    **_parameters(refund),
                )
            except (Pending, Unreachable):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), _AGAIN)
            except NotAllowed as no:
                self._ledger.refuse(number, no.reason)
            else:
                self._ledger.pay(number, allowed.text)
        if refund is not None:
            self._news.pop(refund.request, None)

    async def _look(self, refund: Refund) -> None:
        """See whether it is decided. Raises `Pending` where it is not."""
        # One that is used already was used for this very refund, maybe, before the process ended: consuming tells.
        with contextlib.suppress(Used):
            await self._countersign.wait(refund.request, timeout=0)


def _parameters(refund: Refund) -> dict[str, str | Money]:
    return {"amount": Money(refund.amount, "EUR"), "order": refund.order, "card": refund.card}
