"""What an application does with the service, as work that somebody else carries out: see `attempts`."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from countersign_client import shapes
from countersign_client.answers import shaped
from countersign_client.applications import errors, proof, refusals
from countersign_client.applications.answers import Asked, Behalf
from countersign_client.applications.attempts import (
    Call,
    Clock,
    Pause,
    Send,
    Work,
    answered,
    changing,
    reading,
)
from countersign_client.applications.proof import Allowed, Expected
from countersign_client.applications.toolcalls import KnownTool, ToolCall
from countersign_client.applications.values import Sought
from countersign_client.errors import Unreachable
from countersign_client.keys import Keys, KeySetError, read_keys
from countersign_client.receipts import ReceiptError

TIMEOUT = 60.0
"""Seconds for a call with all its repetitions."""

HOLD = 25
"""Seconds that the service holds an answer back at most."""

_GRACE = 10.0
"""Seconds beyond the time that somebody waits, for the last answer."""

_AGAIN = 2.0
_FAREWELL = 5.0
"""Seconds for withdrawing a request for whose answer nobody waits any more."""


class Core:
    """What one application does with one service.

    `keys` and `issuer` say whose receipts hold; where no keys are given, they are fetched once from the service.
    """

    def __init__(self, application: str, *, keys: Keys | None, issuer: str, now: Clock) -> None:
        self._application = application
        self._pinned = keys is not None
        self._keys = keys
        self._issuer = issuer
        self._now = now

    def require(
        self,
        wanted: Sought | ToolCall,
        person: Mapping[str, Any],
        *,
        reason: str,
        timeout: float,
        withdraw: bool,
        key: str,
        join: bool = False,
    ) -> Work[Allowed]:
        """Ask, wait and consume; one call does where a guardrail allows it and nobody has to be waited for."""
        end = self._now() + timeout
        body = {**asking(wanted, person, reason=reason, join=join), "consume": True}
        asked = yield from self._asked(changing("/v1/requests", body, key=key))
        if asked.receipt is not UNSET:
            expected = Expected(asked.id, self._application, wanted, key)
            return (yield from self._checked(asked.receipt, expected))
        left = end - self._now()
        return (yield from self.finish(asked.id, wanted, timeout=left, withdraw=withdraw, key=key))

    def finish(
        self, request: str, wanted: Sought | ToolCall, *, timeout: float, withdraw: bool, key: str
    ) -> Work[Allowed]:
        """Wait for a request, and consume it, or find that it was consumed by this key before."""
        try:
            yield from self.wait(request, timeout=timeout, used=True)
        except GeneratorExit:
            raise
        except BaseException as error:
            if withdraw and not is_over(error):
                yield from self.leave(request)
            raise
        return (yield from self.consume(request, wanted, key=f"{key}.consume"))

    def ask(
        self,
        wanted: Sought | ToolCall,
        person: Mapping[str, Any],
        *,
        reason: str,
        key: str,
        join: bool = False,
    ) -> Work[Asked]:
        """File a request, or find the one that the same key filed before; to `join`, that stands for this call."""
        call = changing("/v1/requests", asking(wanted, person, reason=reason, join=join), key=key)
        return (yield from self._asked(call))

    def tools(self) -> Work[tuple[KnownTool, ...]]:
        """The tools that the policy gates for this application."""
        told = yield from answered(reading("/v1/actions"), end=self._now() + TIMEOUT, now=self._now)
        try:
            return shapes.convert([each for each in _items(told) if each.get("tool")], tuple[KnownTool, ...])
        except (msgspec.ValidationError, AttributeError, TypeError) as error:
            raise errors.Unreachable(f"the service says of its actions what nobody knows: {error}") from error

    def who(self, person: Mapping[str, Any], *, key: str) -> Work[Behalf]:
        """Who somebody is, as the service's directory knows them."""
        call = changing("/v1/person", {"on_behalf_of": person}, key=key)
        told = yield from answered(call, end=self._now() + TIMEOUT, now=self._now)
        try:
            return shapes.convert(told, Behalf)
        except msgspec.ValidationError as error:
            raise errors.Unreachable(f"the service names a person as nobody does: {error}") from error

    def look(self, request: str) -> Work[Asked]:
        """A request as it stands."""
        return (yield from self._asked(reading(_of(request), request=request)))

    def wait(self, request: str, *, timeout: float, used: bool = False) -> Work[Asked]:
        """Wait until it is approved. Raises what else it comes to, and `Pending` when the time is over.

        `used`: one that is used up will do, for whoever may have used it themselves.
        """
        end = self._now() + timeout
        while True:
            try:
                found = yield from self._held(request, end)
            except errors.Unreachable:
                if self._now() + _AGAIN >= end:
                    raise
                yield Pause(_AGAIN)
                continue
            if found.state == "approved" or (used and found.state == "used"):
                return found
            if found.state != "pending":
                raise refusals.ended(found)
            if self._now() >= end:
                raise refusals.ended(found, waited=True)

    def consume(self, request: str, wanted: Sought | ToolCall, *, key: str) -> Work[Allowed]:
        """Use an approval, which happens once; the same key gets the same receipt again."""
        expected = Expected(request, self._application, wanted, key)
        # Had before the approval is used: without them it would be lost.
        yield from self._verifying(request, key=key)
        call = changing(f"{_of(request)}/consume", wanted.body(), key=key, request=request)
        told = yield from answered(call, end=self._now() + TIMEOUT, now=self._now)
        return (yield from self._checked(told.get("receipt"), expected))

    def _checked(self, receipt: object, expected: Expected) -> Work[Allowed]:
        """What a receipt allows. The service may have a newer key than when its set was fetched."""
        keys = yield from self._verifying(expected.request, key=expected.key)
        try:
            return proof.checked(receipt, keys, issuer=self._issuer, expected=expected)
        except ReceiptError as error:
            if self._pinned:
                raise proof.unproven(error, expected) from error
        self._keys = None
        keys = yield from self._verifying(expected.request, key=expected.key)
        try:
            return proof.checked(receipt, keys, issuer=self._issuer, expected=expected)
        except ReceiptError as error:
            raise proof.unproven(error, expected) from error

    def withdraw(self, request: str, *, key: str) -> Work[Asked]:
        """Take a request back that nobody waits for any more."""
        call = changing(_of(request), None, key=key, method="DELETE", request=request)
        return (yield from self._asked(call))

    def leave(self, request: str) -> Work[None]:
        """Try once to withdraw what nobody waits for; what cannot be withdrawn now expires by itself."""
        yield Send("DELETE", _of(request), _FAREWELL, key=f"left-{request}")

    def _held(self, request: str, end: float) -> Work[Asked]:
        left = max(end - self._now(), 0.0)
        hold = int(min(left, HOLD))
        if not hold:
            yield Pause(left)
        began = self._now()
        call = reading(_of(request), {"wait": hold} if hold else None, hold=hold, request=request)
        found = yield from self._asked(call, end=end + _GRACE)
        if hold and found.state == "pending" and self._now() - began < 1.0:
            # The service is not in a state to hold its answers back, as when it ends.
            yield Pause(1.0)
        return found

    def _asked(self, call: Call, *, end: float | None = None) -> Work[Asked]:
        told = yield from answered(call, end=self._now() + TIMEOUT if end is None else end, now=self._now)
        try:
            return shaped(told, Asked)
        except Unreachable as error:
            raise errors.Unreachable(str(error), request_id=call.request, idempotency_key=call.key) from error

    def _verifying(self, request: str, *, key: str) -> Work[Keys]:
        if self._keys is None:
            call = reading("/.well-known/jwks.json", signed=False, request=request, key=key)
            told = yield from answered(call, end=self._now() + TIMEOUT, now=self._now)
            try:
                self._keys = read_keys(json.dumps(told).encode())
            except KeySetError as error:
                raise errors.Unreachable(
                    f"there are no keys of receipts: {error}", request_id=request, idempotency_key=key
                ) from error
        return self._keys


def asking(
    wanted: Sought | ToolCall, person: Mapping[str, Any], *, reason: str, join: bool = False
) -> dict[str, Any]:
    """The body of a call that asks."""
    more: dict[str, Any] = {"reason": reason} if reason else {}
    more |= {"join": True} if join else {}
    return {"action": wanted.action, **wanted.body(), "on_behalf_of": person, **more}


def _items(told: Mapping[str, Any]) -> list[Any]:
    items = told.get("items")
    return items if isinstance(items, list) else [None]


def _of(request: str) -> str:
    return f"/v1/requests/{quote(request, safe='')}"


def is_over(error: BaseException) -> bool:
    """Whether the request has come to its end by itself."""
    return isinstance(error, errors.NotAllowed) and not isinstance(error, errors.Pending | errors.Unreachable)
