"""Where the policy takes decisions by a page alone: the card leads there, and the chat decides nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser

BY_PAGE = POLICY.replace("{domains: [example.com]}", "{domains: [example.com], accept: {decide: web}}")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=BY_PAGE, iap_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def by_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = BY_PAGE.replace("decide: web", "request: web")
    with running(tmp_path_factory.mktemp("by_page"), policy=policy, iap_port=0) as office:
        yield office


@pytest.mark.parametrize("line", ["/jit", "/jit request admin for 1h because INC-1", "/jit request admin"])
def test_who_must_ask_on_the_pages_is_led_there_before_a_form_is_filled_in(by_page: Running, line: str) -> None:
    by_page.box.slack.command("alice", line)

    (told,) = [m for m in by_page.box.slack.acts.visible("alice") if m.to][-1:]
    assert f"{Browser(by_page, 'alice@example.com').origin}/ask/" in str(told.blocks)
    assert by_page.box.slack.state.views == {}
    assert list(by_page.service.store.open_of("alice@example.com")) == []


def test_where_there_are_no_pages_the_log_says_what_nobody_can_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    policy = BY_PAGE.replace("decide: web", "decide: web, request: web")
    with running(tmp_path, policy=policy) as office, caplog.at_level("WARNING", logger="countersign"):
        office.service.channels["slack"].look_at_policy()

    for taken in ("decide", "request"):
        assert f"identity.accept.{taken}: web, and there are no pages" in caplog.text


def asked_for(office: Running, why: str) -> str:
    office.box.slack.command("alice", f"/jit request admin for 1h because {why}")
    return next(
        r.id for r in office.service.store.open_of("alice@example.com") if why in r.terms.justification.text
    )


def button(office: Running, asked: str) -> tuple[set[str], str]:
    """What the card offers, and where its button leads."""
    card = office.card(asked, having="page", by="bob")
    found = {element["action_id"]: element.get("url", "") for _, element in card.elements()}
    return set(found), found["page"]


def test_the_card_has_no_button_that_decides(office: Running) -> None:
    asked = asked_for(office, "INC-1")

    assert button(office, asked)[0] == {"page"}


def test_the_card_s_button_leads_to_the_page_and_decides_nothing(office: Running) -> None:
    asked = asked_for(office, "INC-2")
    bob = Browser(office, "bob@example.com")
    _, address = button(office, asked)

    assert address.startswith(f"{bob.origin}/review/")
    office.press("bob", "page", asked)
    assert office.request(asked).reviews == ()

    page = bob.get(address.removeprefix(bob.origin))
    assert bob.press(page, "approve").status == 303
    office.granted(asked)
    assert office.request(asked).reviews[0].channel == "iap"


def test_after_the_decision_the_page_leads_back_to_the_card_and_nowhere_else(office: Running) -> None:
    asked = asked_for(office, "INC-3")
    bob = Browser(office, "bob@example.com")
    _, address = button(office, asked)
    path = f"{address.removeprefix(bob.origin)}?back=https://evil.example&to=//evil.example"
    card = office.card(asked, having="page", by="bob")
    office.settled()  # where a card stands is asked once it was posted

    before = bob.get(path)
    assert "Back to the card" not in before.words
    bob.press(before, "approve")

    for page in (bob.get(path), bob.get(f"/request/{asked}?back=https://evil.example")):
        leading = re.findall(r'<a href="([^"]+)">Back to the card</a>', page.body)
        assert [each.rpartition("/")[2] for each in leading] == [f"p{card.ts.replace('.', '')}"]
        assert leading[0].startswith("https://")
        assert "evil" not in page.body


def test_a_card_whose_link_cannot_be_had_stands_once_and_is_decided_all_the_same(office: Running) -> None:
    office.settled()
    office.box.slack.faults.add("chat.getPermalink", "error", times=1)
    asked = asked_for(office, "INC-4")
    bob = Browser(office, "bob@example.com")
    _, address = button(office, asked)

    bob.press(bob.get(address.removeprefix(bob.origin)), "approve")

    page = bob.get(f"/request/{asked}")
    assert "approved" in page.words
    assert "Back to the card" not in page.words
    assert len(office.cards(asked)) == 1
