"""Where a person's mail goes, by the operator's expression."""

from email.headerregistry import Address

import pytest

from approvals.cel import CelError, extract, texts
from approvals.ports.messages import ChannelError
from handlers.mail.mapping import Mapping, writable

HANDLE = "user.email.extract('{handle}@example.com') + '@test.example.com'"
BY_DOMAIN = "user.email.endsWith('@external.example.com') ? 'desk@example.com' : user.email"


@pytest.mark.parametrize(
    ("expression", "person"),
    [
        (HANDLE, "bob@elsewhere.org"),
        ("user.email + ', eve@example.org'", "bob@example.com"),
        ("user.email + '\\r\\nBcc: eve@example.org'", "bob@example.com"),
        ("''", "bob@example.com"),
        ("'Bob <bob@example.com>'", "bob@example.com"),
    ],
)
def test_what_makes_no_single_plain_address_sends_nothing(expression: str, person: str) -> None:
    with pytest.raises(ChannelError, match="SMTP_ADDRESS_MAPPING"):
        Mapping(expression).address(person)


@pytest.mark.parametrize("local", [".bob", "bob.", "b..ob", "=?utf-8?q?bob?="])
@pytest.mark.parametrize("expression", ["", "user.email"])
def test_an_address_that_no_header_can_hold_gets_no_mail(expression: str, local: str) -> None:
    with pytest.raises(ChannelError, match="no mail can be sent"):
        Mapping(expression).address(f"{local}@example.com")


def _held(address: str) -> bool:
    try:
        return Address(addr_spec=address).addr_spec == address
    except Exception:  # noqa: BLE001 - of odd ones it raises whatever its parser stumbles over
        return False


@pytest.mark.parametrize(
    "spelt", ["a{}b@example.com", "{}b@example.com", "a{}@example.com", "a@ex{}.com", "a@{}.com"]
)
def test_an_address_that_needs_no_second_look_is_one_that_a_header_holds(spelt: str) -> None:
    every = [spelt.format(each) for each in map(chr, range(33, 127))]

    assert [each for each in every if writable(each) and not _held(each)] == []
    assert writable(spelt.format("x"))


@pytest.mark.parametrize("around", ["\\r\\n", "\\n", " "])
def test_what_stands_around_an_address_is_no_part_of_it(around: str) -> None:
    assert Mapping(f"user.email + '{around}'").address("bob@example.com") == "bob@example.com"


@pytest.mark.parametrize("wrong", ["user.email.extract(", "1", "user.email == ''", "user.id", "a" * 2000, "'a'\n"])
def test_what_gives_no_text_is_no_mapping(wrong: str) -> None:
    with pytest.raises(CelError):
        Mapping(wrong)


@pytest.mark.parametrize(
    ("expression", "person", "address"),
    [
        ("", "bob@example.com", "bob@example.com"),
        (HANDLE, "bob@example.com", "bob@test.example.com"),
        (BY_DOMAIN, "bob@external.example.com", "desk@example.com"),
        (BY_DOMAIN, "bob@example.com", "bob@example.com"),
    ],
)
def test_an_address_is_made_of_a_person_s_id(expression: str, person: str, address: str) -> None:
    assert Mapping(expression).address(person) == address


ORDERS = "projects/_/buckets/acme-orders-aaa/objects/data_lake/orders/order_date=2019-11-03/aef87g87ae0876"


@pytest.mark.parametrize(
    ("template", "taken"),
    [
        ("/order_date={date}/", "2019-11-03"),
        ("buckets/{name}/", "acme-orders-aaa"),
        ("/orders/{empty}order_date", ""),
        ("{start}/objects/data_lake", "projects/_/buckets/acme-orders-aaa"),
        ("orders/{end}", "order_date=2019-11-03/aef87g87ae0876"),
        ("{all}", ORDERS),
        ("/orders/{none}/order_date=", ""),
        ("/orders/order_date=2019-11-03/{id}/data_lake", ""),
        ("nothing", ""),
        ("{a}/{b}", ""),
    ],
)
def test_extract_takes_what_google_s_page_says(template: str, taken: str) -> None:
    expected = {"orders/{end}": ORDERS.partition("orders/")[2]}.get(template, taken)
    assert extract(ORDERS, template) == expected
    assert texts("x.extract(t)", {"x": ORDERS, "t": template}) == expected
