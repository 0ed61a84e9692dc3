"""Amounts and numbers compare as they are written, to the cent, whatever CEL's own numbers are."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.approvals.policy.judged import guardrail, outcome

CENTS = st.integers(-(10**14) + 1, 10**14 - 1).map(lambda cents: Decimal(cents).scaleb(-2))
SIGNS = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "==": "__eq__", "!=": "__ne__"}


@given(CENTS, CENTS, st.sampled_from([*SIGNS]))
@settings(max_examples=60, deadline=None)
def test_amounts_compare_to_the_cent_however_large(one: Decimal, other: Decimal, sign: str) -> None:
    right = bool(getattr(one, SIGNS[sign])(other))
    call = {"amount": f"{one:.2f} EUR", "fee": f"{other:.2f} EUR", "count": f"{one:f}"}

    for rule in (
        f"params.amount {sign} {other:.2f}",
        f"params.amount {sign} params.fee",
        f"params.count{sign}{other:f}",
    ):
        assert (outcome(guardrail("allow", rule), call=call) == "allow") is right
        assert (outcome(guardrail("allow", f"!({rule})"), call=call) == "allow") is not right


@pytest.mark.parametrize(
    ("rule", "amount", "expected"),
    [
        ("params.amount <= 100", "100.00 EUR", "allow"),
        ("params.amount <= 100", "100.01 EUR", "require_approval"),
        ("params.amount <= 0.3", "0.30 EUR", "allow"),
        ("100 >= params.amount", "100.00 EUR", "allow"),
        ("-100 <= params.amount", "-100.00 EUR", "allow"),
        ("params.amount < 999999999999.99", "999999999999.98 EUR", "allow"),
        ("params.amount < 999999999999.99", "999999999999.99 EUR", "require_approval"),
        ("params.amount > 9007199254740992", "9007199254740993 JPY", "allow"),
        ('params.amount_currency != "EUR" || params.amount <= 100', "5000 JPY", "allow"),
    ],
)
def test_an_amount_is_compared_as_it_is_written(rule: str, amount: str, expected: str) -> None:
    assert outcome(guardrail("allow", rule), call={"amount": amount}) == expected


def test_amounts_of_two_currencies_cannot_be_compared() -> None:
    call = {"amount": "1.00 EUR", "fee": "1.00 USD"}

    assert outcome(guardrail("allow", "params.amount == params.fee"), call=call) == "refuse"
    assert outcome(guardrail("allow", "params.amount != params.fee"), call=call) == "refuse"


def test_what_looks_like_a_comparison_inside_a_text_is_text() -> None:
    call = {"order": "params.count <= 5", "count": "9"}
    rules = ('params.order == "params.count <= 5"', "params.order == 'params.count <= 5'")

    for rule in (*rules, 'params.order == r"params.count <= 5"', 'params.order == """params.count <= 5"""'):
        assert outcome(guardrail("allow", rule), call=call) == "allow"
