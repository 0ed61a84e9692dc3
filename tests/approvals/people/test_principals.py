"""Which addresses are one person, and what is no address."""

import pytest

from approvals.people.principals import IdentityRules, principal
from approvals.refusals.errors import Refused

RULES = IdentityRules(
    domains=("example.com", "example.org"),
    aliases={"a.smith@example.com": "alice@example.com"},
    email_map={"chat.example.com": "example.com"},
)


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
    assert RULES.primary(email) == known_as


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
