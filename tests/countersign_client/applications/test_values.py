"""What is asked with: exact, copied when it is given, and refused by name before anything is sent."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from countersign_client.applications import Asserted, IapAssertion, Money
from countersign_client.applications.values import person, sought
from countersign_client.applications.wire import named
from countersign_client.errors import Unusable


class Loud(StrEnum):
    A = "a"


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        True,
        b"bytes",
        ["a"],
        {"amount": "1"},
        {"amount": "1", "currency": "EUR", "more": 1},
        Loud.A,
        Decimal("NaN"),
        Decimal("Infinity"),
        Money(1.5, "EUR"),  # type: ignore[arg-type]
        Money(250, "EUR"),  # type: ignore[arg-type]
        Money(Decimal("NaN"), "EUR"),
        Money("1", None),  # type: ignore[arg-type]
        datetime(2026, 3, 2, 9),  # noqa: DTZ001 - the point of it
        object(),
    ],
)
def test_what_no_parameter_can_be_is_refused_by_name(value: Any) -> None:
    with pytest.raises(Unusable, match=r"^amount is "):
        sought("refund", {"amount": value})


@pytest.mark.parametrize("given", ["", None, 7, b"token", {"token": "x"}])
def test_nobody_to_ask_for_is_refused(given: Any) -> None:
    with pytest.raises(Unusable, match="on_behalf_of"):
        person(given)


@pytest.mark.parametrize("data", [{"a": float("nan")}, {"a": object()}, {"a": {1, 2}}])
def test_data_that_no_json_can_say_is_refused(data: Any) -> None:
    with pytest.raises(Unusable, match="data"):
        sought("refund", {}, data=data)


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "ü", "x" * 181, "a b"])
def test_a_key_that_no_call_can_carry_is_refused(key: str) -> None:
    with pytest.raises(Unusable, match="idempotency key"):
        named(key)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("A-17", "A-17"),
        (12, "12"),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+3"), "1000"),
        (Money("250.00", "EUR"), {"amount": "250.00", "currency": "EUR"}),
        (Money(Decimal("1E+2"), "JPY"), {"amount": "100", "currency": "JPY"}),
        ({"amount": "1.00", "currency": "EUR"}, {"amount": "1.00", "currency": "EUR"}),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00Z"),
        (datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1))), "2026-03-02T09:00:00Z"),
    ],
)
def test_a_value_is_written_as_it_is_meant(value: Any, written: Any) -> None:
    assert sought("refund", {"amount": value, "none": None}).body() == {"parameters": {"amount": written}}


def test_what_is_asked_for_is_a_copy() -> None:
    amount, data = {"amount": "1.00", "currency": "EUR"}, {"rows": [1]}
    given = {"amount": amount}
    wanted = sought("refund", given, key="order/A-17", data=data)
    amount["amount"], given["order"], data["rows"] = "9999.00", {}, [2]
    assert wanted.values == {"amount": Money("1.00", "EUR")}
    assert wanted.body() == {
        "parameters": {"amount": {"amount": "1.00", "currency": "EUR"}},
        "key": "order/A-17",
        "data": {"rows": [1]},
    }


def test_a_person_is_brought_in_one_of_three_ways() -> None:
    assert person("a.b.c") == {"token": "a.b.c"}
    assert person(IapAssertion("a.b.c")) == {"iap_assertion": "a.b.c"}
    said = Asserted(email="alice@example.com", claims={"type": "employee"}, amr=("otp",))
    assert person(said) == {
        "asserted": {"email": "alice@example.com", "claims": {"type": "employee"}, "amr": ["otp"]}
    }
