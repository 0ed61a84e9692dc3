"""A function that is guarded runs with what was allowed, or not at all."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from countersign_client.applications import Application, AsyncApplication, Money, errors
from countersign_client.applications.guarding import Guarded
from countersign_client.errors import Unusable
from tests.countersign_client.applications.saying import Mark, problem
from tests.support.said import Said


def positional(amount: str, /, token: str) -> None: ...
def many(*amounts: str, token: str) -> None: ...
def named(token: str, **amounts: str) -> None: ...
def nobody(amount: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "why"),
    [
        (positional, {}, "without names"),
        (many, {}, "without names"),
        (named, {}, "without names"),
        (nobody, {}, "no argument token"),
        (nobody, {"on_behalf_of": "amount", "parameters": ["order"]}, "no argument order"),
        (nobody, {"on_behalf_of": "amount", "parameters": ["amount"]}, "is no parameter of it"),
        (nobody, {"on_behalf_of": "receipt"}, "no argument receipt"),
    ],
)
def test_a_function_that_cannot_be_guarded_is_refused_at_once(
    function: Callable[..., Any], options: dict[str, Any], why: str
) -> None:
    app = Application("http://127.0.0.1:9", "payments", Mark())
    with pytest.raises(Unusable, match=why):
        app.guarded("refund", **{"on_behalf_of": "token", **options})(function)


def test_a_refused_function_does_not_run(server: Said) -> None:
    ran: list[object] = []

    @Application(server.url, "payments", Mark()).guarded("refund", on_behalf_of="token")
    def refund(amount: Money, token: str) -> None:
        ran.append(amount)

    @AsyncApplication(server.url, "payments", Mark()).guarded("refund", on_behalf_of="token")
    async def refund_later(amount: Money, token: str) -> None:
        ran.append(amount)

    server.says(problem(403, "guardrail"))
    with pytest.raises(errors.Refused):
        refund(Money("1.00", "EUR"), "a.b.c")
    with pytest.raises(errors.Refused):
        asyncio.run(refund_later(Money("1.00", "EUR"), token="a.b.c"))
    with pytest.raises(TypeError, match="missing"):
        refund(Money("1.00", "EUR"))
    assert ran == []
    assert refund.__name__ == "refund"


def test_who_calls_gives_no_receipt_of_their_own() -> None:
    def refund(amount: str, token: str, receipt: object) -> None: ...

    arguments = Guarded(refund, on_behalf_of="token", parameters=None)
    with pytest.raises(TypeError):
        arguments.wanted(("1", "a.b.c", "forged"), {})
    with pytest.raises(TypeError):
        arguments.wanted(("1", "a.b.c"), {"receipt": "forged"})


def test_arguments_that_are_not_asked_for_are_handed_on() -> None:
    def refund(shop: object, amount: str = "1", *, token: str, note: str = "") -> None: ...

    wanted = Guarded(refund, on_behalf_of="token", parameters=["amount"]).wanted(("shop",), {"token": "a.b.c"})
    assert (wanted.parameters, wanted.person) == ({"amount": "1"}, "a.b.c")
    assert wanted.others == {"shop": "shop", "token": "a.b.c", "note": ""}
