"""A freeze that comes while a page is open: its forms decide nothing; what is one's own can be given back."""

from collections.abc import Iterator

import pytest

from approvals.freezes import freezing
from approvals.reviews import typed
from tests.handlers.web.conftest import ALICE, BOB
from tests.support.damage import spoil_parts
from tests.support.frozen import freeze_part, thaw_part
from tests.support.running import Running
from tests.support.visits import Browser, forms, link

WHY = "INC-7 <b>odd</b> approvals"


@pytest.fixture
def thawed(office: Running) -> Iterator[None]:
    """Whatever becomes of a test, the next one finds no freeze."""
    yield
    freezing.thaw(office.service.store, by="os:root", why=None, now=office.clock())


def freeze(office: Running) -> None:
    why = typed(WHY, salt="s" * 16)
    assert freezing.freeze(office.service.store, by="os:root", why=why, now=office.clock())


@pytest.mark.usefixtures("thawed")
@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_a_form_that_was_open_before_a_freeze_decides_nothing(office: Running, kind: str) -> None:
    asked, bob = office.ask("alice", "pair"), Browser(office, BOB)
    page = bob.get(link(office, asked))
    freeze(office)

    answer = bob.press(page, kind, **({"reason": "no"} if kind == "deny" else {}))

    assert answer.status == 409
    assert "frozen everything" in answer.words
    assert "<b>" not in answer.body
    assert office.request(asked).reviews == ()


@pytest.mark.usefixtures("thawed")
def test_while_everything_is_frozen_one_can_only_give_back(office: Running) -> None:
    asked, alice, bob = office.ask("alice", "pair"), Browser(office, ALICE), Browser(office, BOB)
    freeze(office)

    assert forms(bob.get(link(office, asked))) == {}
    page = alice.get(f"/request/{asked}")
    assert set(forms(page)) == {"withdraw"}
    assert alice.press(page, "withdraw").status == 303
    assert office.request(asked).state == "withdrawn"


@pytest.fixture
def unread(office: Running) -> Iterator[None]:
    """What is frozen by itself cannot be read by anybody, until a thaw makes an end of it."""
    freeze_part(office.service.store, "entitlement", "logs", now=office.clock())
    spoil_parts(office.service.store)
    yield
    thaw_part(office.service.store, "entitlement", "logs", now=office.clock())


def test_while_nobody_can_read_what_is_frozen_one_can_only_give_back(
    office: Running, request: pytest.FixtureRequest
) -> None:
    asked, alice, bob = office.ask("alice", "pair"), Browser(office, ALICE), Browser(office, BOB)
    before = bob.get(link(office, asked))
    assert {"approve", "deny"} <= set(forms(before))
    request.getfixturevalue("unread")

    page = bob.get(link(office, asked))
    assert forms(page) == {}
    assert "have frozen cannot be read" in page.words
    assert bob.press(before, "approve").status >= 400
    assert office.request(asked).reviews == ()
    assert "have frozen cannot be read" in alice.get("/ask/admin").words
    page = alice.get(f"/request/{asked}")
    assert set(forms(page)) == {"withdraw"}
    assert alice.press(page, "withdraw").status == 303


@pytest.mark.usefixtures("thawed")
@pytest.mark.parametrize("path", ["/", "/ask/", "/ask/admin"])
def test_lists_and_forms_say_a_freeze_before_anybody_types(office: Running, path: str) -> None:
    alice = Browser(office, ALICE)
    assert "frozen everything" not in alice.get(path).words
    freeze(office)

    page = alice.get(path)

    assert "nobody can ask, approve, deny" in page.words
    assert WHY in page.words
    assert "<b>" not in page.body
