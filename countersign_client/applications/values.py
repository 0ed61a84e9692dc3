"""What an application asks with: values that nobody can change once they are given, and how a call writes them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from countersign_client.errors import Unusable


class Money(NamedTuple):
    """An amount with its currency (ISO 4217): `Money("250.00", "EUR")`, or a `Decimal` for the amount."""

    amount: str | Decimal
    currency: str


Value = str | int | Decimal | datetime | Money
"""What a parameter may be. There are no binary floats: 0.1 is none of them."""


class IapAssertion(NamedTuple):
    """The person by what Identity-Aware Proxy said of them, in `X-Goog-IAP-JWT-Assertion`."""

    assertion: str


class Asserted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The person by the application's own word, where the policy lets it: they confirm by themselves first."""

    email: str
    claims: Mapping[str, Any] = {}
    auth_time: int | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()


Person = str | IapAssertion | Asserted
"""On whose behalf an application asks: mostly a token of an issuer that the policy lists, as it came."""


class Sought(NamedTuple):
    """What is asked for, copied when it was given: `values` are the copy, `parameters` how a call writes them.

    `key` is the application's own name for what it acts on, `data` what else it binds, as JSON.
    """

    action: str
    values: Mapping[str, Value]
    parameters: Mapping[str, Any]
    key: str = ""
    data: str = ""

    def body(self) -> dict[str, Any]:
        """The members of a call that say it."""
        more = {"key": self.key} if self.key else {}
        return {
            "parameters": dict(self.parameters),
            **more,
            **({"data": json.loads(self.data)} if self.data else {}),
        }


def sought(
    action: str, given: Mapping[str, Any], *, key: str = "", data: Mapping[str, Any] | None = None
) -> Sought:
    """Copy what is asked for, without parameters that are None. Raises `Unusable`, which names the parameter."""
    values = {name: _copied(name, value) for name, value in given.items() if value is not None}
    parameters = {name: _written(value) for name, value in values.items()}
    return Sought(action, MappingProxyType(values), MappingProxyType(parameters), key, _bound(data))


def person(given: Person) -> dict[str, Any]:
    """How a call says on whose behalf it is. Raises `Unusable`."""
    if isinstance(given, IapAssertion):
        return {"iap_assertion": given.assertion}
    if isinstance(given, Asserted):
        return {"asserted": json.loads(msgspec.json.encode(given))}
    if not given or type(given) is not str:
        raise Unusable("on_behalf_of is whom this is for: their token, an IapAssertion, or Asserted(email=…)")
    return {"token": given}


def _copied(name: str, value: Any) -> Value:
    kind = type(value)
    if kind is str or kind is int:
        return value  # type: ignore[no-any-return]
    if kind is Decimal:
        return _exact(name, value)
    if kind is datetime:
        return _moment(name, value)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        value = Money(value["amount"], value["currency"])
    if isinstance(value, Money):
        return _money(name, value)
    raise Unusable(
        f"{name} is a {kind.__name__}, which is no value of a parameter: give a text, a whole number, a Decimal, a"
        " datetime with its zone, or Money"
    )


def _exact(name: str, value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Unusable(f"{name} is {value}, which is no number that can be asked for")
    return value


def _moment(name: str, value: datetime) -> datetime:
    if value.tzinfo is None:
        raise Unusable(f"{name} is a moment without a zone: nobody could say which one is meant")
    return value.astimezone(UTC)


def _money(name: str, value: Money) -> Money:
    if type(value.currency) is not str or type(value.amount) not in (str, Decimal):
        raise Unusable(f'{name} is no money: give Money("12.50", "EUR"), with a text or a Decimal for the amount')
    return Money(
        _text(_exact(name, value.amount)) if isinstance(value.amount, Decimal) else value.amount, value.currency
    )


def _written(value: Value) -> Any:
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return _text(value)
    return str(value)


def _text(value: Decimal) -> str:
    """Without an exponent."""
    return f"{value:f}"


def _bound(data: Mapping[str, Any] | None) -> str:
    try:
        return "" if data is None else json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unusable(f"data is nothing that JSON can say: {error}") from error
