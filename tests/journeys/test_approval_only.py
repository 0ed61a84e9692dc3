"""An approval alone, as people go through it: asked for and approved on cards, on pages and in a terminal."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.handlers.web.test_in_browser import RULES, visiting
from tests.support.axe import wrongs
from tests.support.chromium import MARKS, browser
from tests.support.desk import Desk
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser as Visitor
from tests.support.visits import link

__all__ = ["browser"]

ALICE, BOB = "alice@example.com", "bob@example.com"
FRIDAY = """\
  - id: friday
    title: Deploy on Friday
    grant: none
    requesters: ["domain:example.com"]
    extend: {max_total: 8h}
    approval:
      - {approvers: [bob@example.com, carol@example.com], needed: 1}
"""
SPEAKS = re.compile(r"\baccess\b|Google|\bIAM\b|being set up", re.IGNORECASE)
ELSEWHERE = ("Requests and access", "Ask for access")
"""What the menu of every page says, whatever the page is about."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace("entitlements:\n", f"entitlements:\n{FRIDAY}", 1)
    with running(tmp_path_factory.mktemp("office"), policy=policy, iap_port=0) as office:
        yield office


def unspoken(text: str) -> list[str]:
    """What a text says of access all the same."""
    for each in ELSEWHERE:
        text = text.replace(each, "")
    return [text[max(0, found.start() - 30) : found.end() + 30] for found in SPEAKS.finditer(text)]


def test_who_asked_cannot_approve_it_and_what_they_are_told_speaks_of_no_access(office: Running) -> None:
    asked = office.ask("alice", "friday", why="the new checkout")

    said = office.refused("alice", "approve", asked)

    assert "your own request" in said
    assert unspoken(said) == []


def test_it_is_asked_for_and_approved_on_cards_and_ended_by_its_holder(office: Running) -> None:
    asked = office.ask("alice", "friday", why="the new checkout")
    card = office.sees("grants nothing", asked)
    assert "Deploy on Friday" in card
    office.approve("bob", asked)

    told = office.told("alice", "This is approved now")
    stands = office.sees("The approval stands", asked)
    office.press("alice", "end", asked)
    office.until(lambda: office.grant(asked) == "ended")

    assert office.actions(asked)[-2:] == ["grant.ended", "grant.removed"]
    assert office.bindings(asked) == []
    assert [unspoken(text) for text in (card, told, stands)] == [[], [], []]


@pytest.mark.parametrize("scene", ["waiting", "standing", "ended"])
def test_its_page_speaks_of_no_access(office: Running, scene: str) -> None:
    asked = office.ask("alice", "friday", why="the new checkout")
    if scene != "waiting":
        office.approve("bob", asked)
        office.until(lambda: office.grant(asked) == "active")
    if scene == "ended":
        office.press("alice", "end", asked)
        office.until(lambda: office.grant(asked) == "ended")

    for who in (ALICE, BOB):
        page = Visitor(office, who).get(f"/request/{asked}")
        assert page.status == 200
        assert "Deploy on Friday" in page.words
        assert unspoken(page.words) == []


def test_the_form_that_asks_for_it_names_no_place(office: Running) -> None:
    form = Visitor(office, ALICE).get("/ask/friday")
    listed = Visitor(office, ALICE).get("/ask/?q=friday")

    assert "an approval alone, which grants nothing" in form.words
    assert "Where" not in form.words
    assert unspoken(form.words) == []
    assert "Deploy on Friday : an approval alone" in listed.words


def test_an_export_and_the_api_say_that_nothing_is_granted(office: Running) -> None:
    asked = office.ask("alice", "friday", why="the new checkout")
    alice = Visitor(office, ALICE)

    rows = alice.get("/export?form=jsonl").body.splitlines()
    (row,) = [each for each in rows if asked in each]
    assert '"grant":"none"' in row
    found = alice.get(f"/v1/requests/{asked}").body
    assert '"grant":"none"' in found
    assert '"targets":[]' in found
    offered = alice.get("/v1/entitlements").body
    assert '"id":"friday","title":"Deploy on Friday","grant":"none"' in offered


@pytest.fixture(scope="module")
def alice(office: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(office, tmp_path_factory.mktemp("alice"), "alice")
    assert desk.login("--no-keyring").exit_code == 0
    return desk


def approve_next(office: Running) -> threading.Thread:
    before = {each.id for each in office.service.store.pending(limit=50)}

    def approve() -> None:
        new = office.until(lambda: [e for e in office.service.store.pending(limit=50) if e.id not in before])
        office.approve("bob", new[0].id)

    other = threading.Thread(target=approve)
    other.start()
    return other


@pytest.fixture
def asking(office: Running, alice: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Alice's desk, with credentials that could ask Google."""
    monkeypatch.setitem(alice.env, "COUNTERSIGN_SANDBOX", "1")
    monkeypatch.setitem(alice.env, "GOOGLE_API_BASE_URL", office.box.google_api_url)
    return alice


@pytest.mark.parametrize(("given", "code"), [((), 0), (("--permission", "logging.logEntries.list"), 2)])
def test_run_waits_for_the_approval_and_for_nothing_of_google_s(
    office: Running, asking: Desk, tmp_path: Path, given: tuple[str, ...], code: int
) -> None:
    marker, calls = tmp_path / "ran", len(office.box.google.calls("testIamPermissions"))
    other = approve_next(office)

    done = asking.run("run", "friday", "--because", "the checkout", *given, "--", "touch", str(marker))
    other.join()

    assert done.exit_code == code, done.output
    assert marker.exists() == (code == 0)
    assert "the approval of r-" in done.stderr
    assert unspoken(done.stderr.replace("nothing that Google would have to apply", "")) == []
    assert len(office.box.google.calls("testIamPermissions")) == calls


def ask_by_page(page: Page) -> str:
    page.get_by_label("Why do you need it?").fill("The new checkout")
    page.get_by_role("button", name="Ask for it").click()
    found = re.search(r"/request/(r-[0-9a-z]{10})", page.url)
    assert found
    return found[1]


@MARKS[0]
@MARKS[1]
def test_it_is_asked_for_and_approved_on_pages_that_everybody_can_read(office: Running, browser: Browser) -> None:
    with visiting(browser, office, ALICE, "/ask/friday", script=True) as page:
        assert wrongs(page, only=RULES) == []
        asked = ask_by_page(page)
        assert wrongs(page, only=RULES) == []
    with visiting(browser, office, BOB, link(office, asked), script=True) as page:
        assert wrongs(page, only=RULES) == []
        page.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_text("The approval stands").first).to_be_visible()
        assert wrongs(page, only=RULES) == []
    with visiting(browser, office, ALICE, f"/request/{asked}") as page:
        page.get_by_text("End approval now").click()
        page.get_by_role("button", name="End it").click()
        expect(page.get_by_text("The approval has ended").first).to_be_visible()
    assert office.bindings(asked) == []
