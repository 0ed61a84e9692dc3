"""Whether what came as a receipt proves that this very action was allowed, and used by this very call."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, final

from countersign_client.applications.errors import Unproven
from countersign_client.applications.toolcalls import ToolCall
from countersign_client.applications.values import Money, Sought, Value
from countersign_client.canonical import canonical
from countersign_client.keys import Keys
from countersign_client.receipts import Receipt, ReceiptError, verify

_SEAL = object()


class Expected(NamedTuple):
    """What a receipt must be about: a request, whose it is, what was asked, and the key by which it was used."""

    request: str
    application: str
    wanted: Sought | ToolCall
    key: str


@final
class Allowed:
    """An action that may be done now, once, with these parameters and no others.

    `receipt` is the proof, verified; `text` is the same as it came, to be kept. `parameters` are the copy that was
    made when they were given: of a call of a tool, its arguments.
    """

    __slots__ = ("parameters", "receipt", "request_id", "text")

    def __init__(self, seal: object, receipt: Receipt, *, text: str, parameters: Mapping[str, Any]) -> None:
        if seal is not _SEAL:
            raise TypeError("only a receipt that was checked allows anything")
        self.receipt = receipt
        self.request_id = receipt.request
        self.text = text
        self.parameters = parameters


def checked(text: object, keys: Keys, *, issuer: str, expected: Expected) -> Allowed:
    """Check a receipt, and that it fits. Raises `ReceiptError` for one that does not verify, and `Unproven`."""
    if not isinstance(text, str):
        raise ReceiptError("form", "there is none in the answer")
    receipt = verify(text, keys, issuer=issuer or None)
    wrong = _against(receipt, expected)
    if wrong:
        raise unproven(wrong, expected)
    return Allowed(_SEAL, receipt, text=text, parameters=expected.wanted.values)


def unproven(why: object, expected: Expected) -> Unproven:
    """The error for a receipt that proves nothing about what was asked."""
    return Unproven(
        f"What came as the receipt of {expected.request} does not show that this may be done: {why}. Do nothing,"
        " and tell whoever runs Countersign",
        request_id=expected.request,
        idempotency_key=expected.key,
        code="receipt",
    )


def _against(receipt: Receipt, expected: Expected) -> str:
    """What keeps a receipt from being about what was asked; empty where nothing does."""
    wanted = expected.wanted
    if receipt.decision.outcome != "approved":
        return "it does not say approved"
    if receipt.request != expected.request:
        return "it is about another request"
    if receipt.used is None or (receipt.used.by, receipt.used.key) != (expected.application, expected.key):
        return "it was not used by this call"
    # Of what was used there is one target, an action: no other receipt verifies.
    (call,) = receipt.terms["targets"]
    if (call["application"], call["action"]) != (expected.application, wanted.action):
        return "it is about another action"
    return _called(call, wanted) if isinstance(wanted, ToolCall) else _sought(call, wanted)


def _sought(said: Mapping[str, Any], wanted: Sought) -> str:
    if said["key"] != wanted.key or said["data"] != _canonical(wanted.data):
        return "it binds something else"
    return _parameters(said["parameters"], wanted.values)


def _called(said: Mapping[str, Any], wanted: ToolCall) -> str:
    if said["key"] or said["data"]:
        return "it binds something else"
    found = [(each["name"], each["value"]) for each in said["parameters"]]
    covered = wanted.covered()
    if len(found) != len(covered) or dict(found) != covered:
        return "it is about another call"
    return ""


def _parameters(said: Sequence[Mapping[str, str]], wanted: Mapping[str, Value]) -> str:
    each = {one["name"]: one for one in said}
    if len(each) != len(said) or set(each) != set(wanted):
        return "it has other parameters"
    for name, value in wanted.items():
        if not _fits(each[name], value):
            return f"its {name} is another one"
    return ""


def _fits(said: Mapping[str, str], value: Value) -> bool:
    kind, text = said["type"], said["value"]
    if kind == "secret":
        return True  # a salted digest, which the digest of the request covers: the service compared it
    try:
        if kind == "money":
            return isinstance(
                value, Money
            ) and f"{Decimal(value.amount).normalize():f} {value.currency}" == _money(text)
        if kind == "number":
            return isinstance(value, str | int | Decimal) and Decimal(text) == Decimal(value)
        if kind == "time":
            return datetime.fromisoformat(text) == _moment(value)
    except (InvalidOperation, ValueError, TypeError):
        return False
    return text == value


def _money(text: str) -> str:
    amount, _, currency = text.rpartition(" ")
    return f"{Decimal(amount).normalize():f} {currency}"


def _moment(value: Value) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)).astimezone(UTC)


def _canonical(data: str) -> str:
    found = json.loads(data) if data else {}
    return canonical(found).decode() if found else ""
