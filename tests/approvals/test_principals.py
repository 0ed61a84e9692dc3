"""Who an account is, and which accounts are nobody here."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from approvals.errors import Refused, Unavailable
from approvals.principals import EVIDENCE_AGE, Account, IdentityRules, authenticate, principal
from tests.builders import NOW

RULES = IdentityRules(
    domains=("example.com", "example.org"),
    aliases={"a.smith@example.com": "alice@example.com"},
    email_map={"chat.example.com": "example.com"},
)


def account(**changes: Any) -> Account:
    good: dict[str, Any] = {
        "ref": "slack:T0123ABCD/U0A11CE00",
        "channel": "slack",
        "team": "T0123ABCD",
        "email": "alice@example.com",
        "email_confirmed": True,
        "name": "Alice",
        "read_at": NOW,
        "active": True,
        "guest": False,
        "bot": False,
    }
    return Account(**(good | changes))


def person(
    rules: IdentityRules = RULES, *, purpose: Literal["request", "decide"] = "decide", **changes: Any
) -> str:
    return authenticate(account(**changes), rules, own_team="T0123ABCD", purpose=purpose, now=NOW).principal


@pytest.mark.parametrize("purpose", ["request", "decide"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bot": True}, "bot"),
        ({"active": False}, "inactive"),
        ({"team": "T0FOREIGN"}, "foreign_team"),
        ({"team": ""}, "foreign_team"),
        ({"guest": True}, "guest"),
        ({"email": ""}, "no_address"),
        ({"email_confirmed": False}, "unconfirmed"),
        ({"email": "alice@example.net"}, "foreign_domain"),
        ({"email": "alice@sub.example.com"}, "foreign_domain"),
        ({"email": "alice@example.com.example.net"}, "foreign_domain"),
        ({"email": "robot@shop.iam.gserviceaccount.com"}, "service_account"),
        ({"email": "1234@developer.gserviceaccount.com"}, "service_account"),
    ],
)
def test_who_is_nobody_here_is_refused(
    purpose: Literal["request", "decide"], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        person(purpose=purpose, **changes)
    assert refusal.value.kind == code


def test_a_service_account_is_refused_even_from_a_domain_that_counts() -> None:
    rules = IdentityRules(domains=("shop.iam.gserviceaccount.com",))
    with pytest.raises(Refused) as refusal:
        person(rules, email="robot@shop.iam.gserviceaccount.com")
    assert refusal.value.kind == "service_account"


def test_an_answer_older_than_a_minute_is_not_believed() -> None:
    person(read_at=NOW - EVIDENCE_AGE)
    with pytest.raises(Unavailable):
        person(read_at=NOW - EVIDENCE_AGE - timedelta(microseconds=1))


def test_a_guest_may_ask_where_the_policy_says_so_and_never_decide() -> None:
    rules = IdentityRules(domains=("example.com",), guests="request")
    assert person(rules, purpose="request", guest=True) == "alice@example.com"
    with pytest.raises(Refused) as refusal:
        person(rules, purpose="decide", guest=True)
    assert refusal.value.kind == "guest"


def test_where_the_policy_names_teams_only_those_count() -> None:
    rules = IdentityRules(domains=("example.com",), slack_teams=("T0OTHER00",))
    assert person(rules, team="T0OTHER00") == "alice@example.com"
    with pytest.raises(Refused) as refusal:
        person(rules, team="T0123ABCD")
    assert refusal.value.kind == "foreign_team"


def test_without_any_domain_nobody_counts() -> None:
    with pytest.raises(Refused):
        person(IdentityRules(domains=()))


@pytest.mark.parametrize(
    ("email", "known_as"),
    [
        ("alice@example.com", "alice@example.com"),
        ("Alice@Example.COM", "alice@example.com"),
        (" alice@example.com ", "alice@example.com"),
        ("A.Smith@example.com", "alice@example.com"),
        ("a.smith@chat.example.com", "alice@example.com"),
        ("bob@chat.example.com", "bob@example.com"),
        ("bob+jit@example.com", "bob+jit@example.com"),
        ("b.o.b@example.com", "b.o.b@example.com"),
    ],
)
def test_the_addresses_of_one_person_lead_to_one_principal(email: str, known_as: str) -> None:
    assert person(email=email) == known_as


@pytest.mark.parametrize(
    ("person", "addresses"),
    [
        ("bob@example.com", ("bob@example.com", "bob@chat.example.com")),
        ("bob@example.org", ("bob@example.org",)),
        (
            "alice@example.com",
            ("alice@example.com", "a.smith@example.com", "alice@chat.example.com", "a.smith@chat.example.com"),
        ),
        ("a.smith@example.com", ()),
        ("bob@chat.example.com", ()),
    ],
)
def test_the_addresses_of_a_person_are_those_that_lead_there(person: str, addresses: tuple[str, ...]) -> None:
    assert RULES.addresses(person) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@localhost",
        "alice@@example.com",
        "alice@example..com",
        "alice@example.com,bob@example.com",
        "\u212aate@example.com",
        "kate@\u212aey.example",
        "al\u0131ce@example.com",
        "Alice <alice@example.com>",
        "alice@example.com\nbob@example.com",
        "alice @example.com",
        "аlice@example.com",  # a Cyrillic first letter
        "alice@exаmple.com",
        "user:alice@example.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        principal(text)
    assert refusal.value.kind == "address"
