"""Parameters of calls: what is refused, by its name, and the one text that stands for what is not."""

from typing import Any

import pytest

from approvals.policy.model import Parameter
from approvals.targets import ParameterType
from countersign_client.canonical import text_digest
from handlers.applications.parameters import LARGEST, bound, given
from handlers.wire.problems import Fault


def one(kind: ParameterType, value: Any) -> str:
    known = [Parameter(name="p", label="The one", type=kind)]
    return given({"p": value}, known, salt=lambda name: f"salt of {name}")[0].value


MISFITS: list[tuple[ParameterType, list[Any]]] = [
    ("string", ["", "x" * 1_001, 5, None, True, ["a"], {}, "half \ud800", "bell \x07", "line\x0bfeed", "\x85"]),
    (
        "number",
        [
            "",
            "1e3",
            "+1",
            "01",
            "1.",
            ".5",
            "1,5",
            "NaN",
            "١٢",
            "1\n",
            1.5,
            True,
            None,
            "1" * 16,
            10**15,
            "0." + "0" * 15 + "1",
        ],
    ),
    ("money", ["12.50 EUR", 12, {"amount": "1"}, {"amount": "1", "currency": "EUR", "by": "x"}]),
    ("money", [{"amount": amount, "currency": "EUR"} for amount in (12, 12.5, "", "1.005", "1e2", None)]),
    ("money", [{"amount": "1", "currency": currency} for currency in ("eur", "EURO", "EUR\n", "", None, 978)]),
    ("money", [{"amount": "1.5", "currency": "JPY"}]),
    ("time", ["2026-03-02", "2026-03-02T09:00:00", "2026-03-02 09:00:00Z", "2026-02-30T09:00:00Z", 1772442000]),
    ("time", ["2026-03-02T24:00:00Z", "2026-03-02T09:00:00.5Z", "0001-01-01T00:00:00+23:00", "2026-W10-1T09:00Z"]),
    ("time", ["2026-03-02T09:00:00.000000001Z", "0999-03-02T09:00:00Z", "9999-12-31T23:59:59-23:00"]),
    ("secret", ["", 4111, None, "x" * 1_001, "\udfff"]),
]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in MISFITS for value in values])
def test_what_a_type_cannot_be_is_refused_by_the_parameter_s_name(kind: ParameterType, value: Any) -> None:
    with pytest.raises(Fault) as refused:
        one(kind, value)

    assert (refused.value.status, refused.value.code, refused.value.field) == (422, "parameter", "parameters.p")
    assert refused.value.said.startswith("The one: It")


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("string", ["A-17"], "A-17"),
        ("string", ["two\nlines\tand <&> ünï"], "two\nlines\tand <&> ünï"),
        ("number", ["12.5", "12.50", "12.500000000000000"], "12.5"),
        ("number", [0, "0", "-0", "0.00", "-0.0"], "0"),
        ("number", [-17, "-17", "-17.0"], "-17"),
        ("number", ["100", 100], "100"),
        ("number", ["0.000000000000001"], "0.000000000000001"),
        (
            "money",
            [{"amount": each, "currency": "EUR"} for each in ("250", "250.0", "250.00", "250.000")],
            "250.00 EUR",
        ),
        ("money", [{"amount": "250.0", "currency": "JPY"}], "250 JPY"),
        ("money", [{"amount": "0.5", "currency": "KWD"}], "0.500 KWD"),
        (
            "time",
            ["2026-03-02T09:00:00Z", "2026-03-02T10:30:00+01:30", "2026-03-02T09:00:00.000Z"],
            "2026-03-02T09:00:00Z",
        ),
        ("secret", ["No. 4111"], text_digest("salt of p", "No. 4111")),
    ],
)
def test_one_value_has_one_text(kind: ParameterType, values: list[Any], text: str) -> None:
    assert {one(kind, value) for value in values} == {text}


def test_all_that_is_wrong_is_said_at_once() -> None:
    known = [
        Parameter(name="amount", label="Amount", type="money"),
        Parameter(name="order", label="Order", type="string"),
        Parameter(name="note", label="Note", type="string", required=False),
    ]
    with pytest.raises(Fault) as refused:
        given({"amount": "1", "note": 7, "to": "me"}, known, salt=str)

    assert {(each.code, each.field) for each in refused.value.all if isinstance(each, Fault)} == {
        ("parameter", "parameters.amount"),
        ("parameter.missing", "parameters.order"),
        ("parameter", "parameters.note"),
        ("parameter.unknown", "parameters.to"),
    }


def test_they_stand_in_the_action_s_order_and_what_may_be_absent_is() -> None:
    known = [Parameter(name=name, label=name.upper(), type="string", required=name != "b") for name in "cba"]

    found = given({"a": "1", "c": "2"}, known, salt=str)

    assert [(each.name, each.label, each.value, each.salt) for each in found] == [
        ("c", "C", "2", ""),
        ("a", "A", "1", ""),
    ]


@pytest.mark.parametrize("data", [[], "text", 5, {"a": "\ud800"}, {"a": "x" * LARGEST}])
def test_data_that_is_no_object_of_a_size_that_people_can_be_shown_is_refused(data: Any) -> None:
    with pytest.raises(Fault) as refused:
        bound(data)

    assert (refused.value.status, refused.value.field) == (422, "data")


def test_data_is_canonical() -> None:
    assert bound({"b": [1, 2.0, None], "a": {"é": True}}) == '{"a":{"é":true},"b":[1,2,null]}'
    assert bound(None) == bound({}) == ""
