"""The history on the pages: its filters, its pages, and a request's time line."""

import re
from html import unescape

import msgspec
import pytest

from handlers.web import history
from tests.handlers.web.conftest import ALICE, BOB, CAROL, DAN, EVE
from tests.support.damage import spoil, spoil_entry
from tests.support.running import Running
from tests.support.visits import Answer, Browser

_LINK = re.compile(r'<a href="/request/(r-[0-9a-z]{10})">')


def listed(page: Answer) -> list[str]:
    return _LINK.findall(page.body)


def place(office: Running, asked: str) -> str:
    """A request's place in the history, as a link of ours names it."""
    micros = int(office.request(asked).filed.timestamp() * 1_000_000)
    return f"{micros}.{asked}"


def test_who_is_nobody_here_sees_no_history(office: Running) -> None:
    assert Browser(office).get("/history").status == 302
    assert office.fetch("/history")[0] == 403
    assert Browser(office, "eve@elsewhere.example").get("/history?who=alice@example.com").status == 403


def test_of_what_is_nobody_s_business_neither_list_filter_nor_link_tells(office: Running) -> None:
    asked, other = office.ask("alice", "narrow"), office.ask("dan", "narrow")
    day = f"{office.request(asked).filed:%Y-%m-%d}"

    for who in (BOB, EVE):
        browser = Browser(office, who)
        none = browser.get("/request/r-0000000000")
        for query in (
            "",
            f"?who={ALICE}",
            "?what=audit+logs",
            "?what=roles/logging",
            "?state=pending",
            f"?from={day}&to={day}&who={ALICE}",
            f"?before={place(office, other)}",
            f"?before={place(office, asked)}&who={DAN}",
        ):
            page = browser.get(f"/history{query}")
            assert page.status == 200
            assert asked not in listed(page)
            assert other not in listed(page)
        direct = browser.get(f"/request/{asked}")
        # The way to another account leads back to the page that was asked for, whatever it is.
        assert (direct.status, direct.body.replace(asked, "r-0000000000")) == (none.status, none.body)


def test_whom_it_concerns_sees_it_and_it_leads_to_its_page(office: Running) -> None:
    asked = office.ask("alice", "narrow")

    for who in (ALICE, CAROL):
        page = Browser(office, who).get("/history")
        assert asked in listed(page)
        assert "Audit logs on project shop-prod for 1 hour , asked for by alice@example.com 20" in page.words
        assert Browser(office, who).get(f"/request/{asked}").status == 200
        assert '<a href="/history">History</a>' in Browser(office, who).get("/").body


def test_filters_are_kept_in_the_form_and_hold_together(office: Running) -> None:
    alices, dans = office.ask("alice", "admin"), office.ask("dan", "admin")
    office.press("dan", "withdraw", dans)
    carol = Browser(office, CAROL)

    both = carol.get("/history?what=COMPUTE")
    withdrawn = carol.get("/history?who=DAN@example.com&state=withdrawn&what=compute")

    assert {alices, dans} <= set(listed(both))
    assert dans in listed(withdrawn)
    assert alices not in listed(withdrawn)
    assert 'value="DAN@example.com"' in withdrawn.body
    assert '<option value="withdrawn" selected>' in withdrawn.body
    assert "Nothing that you may see fits." in carol.get("/history?from=2001-01-01&to=2001-01-02").words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?who=alice", "That is not one plain e-mail address."),
        ("?from=yesterday", "Write a day as"),
        ("?from=2026-11-28&to=2026-11-27", "The first day is after the last one"),
        ("?from=0001-01-01&to=9999-12-31", "Write a day as"),
        ("?state=asleep", "Choose a state from the list."),
    ],
)
def test_what_is_no_filter_is_said_and_nothing_is_shown(office: Running, query: str, said: str) -> None:
    office.ask("alice", "admin")

    page = Browser(office, CAROL).get(f"/history{query}")

    assert (page.status, listed(page)) == (400, [])
    assert said in page.words


def test_all_that_is_wrong_with_the_filters_is_said_at_once(office: Running) -> None:
    page = Browser(office, CAROL).get("/history?who=alice&state=asleep&from=yesterday&to=2026-13-45")

    assert (page.status, listed(page)) == (400, [])
    for said in ("That is not one plain e-mail address.", "Choose a state from the list.", "Write a day as"):
        assert page.words.count(said) == 1


@pytest.mark.parametrize(
    "before", ["x", "1.r-", "99999999999999999.r-0000000000", "1.r-0000000000/x", "-1.r-0000000000"]
)
def test_a_place_that_no_page_named_begins_at_the_newest(office: Running, before: str) -> None:
    asked = office.ask("alice", "admin")

    assert asked in listed(Browser(office, CAROL).get(f"/history?before={before}"))


def test_pages_hold_each_request_once_and_keep_the_filters(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SHOWN", 2)
    asked = [office.ask(who, "pair") for who in ("alice", "dan", "alice", "dan", "alice")][::-1]
    carol, addresses, shown = Browser(office, CAROL), ["/history?what=customer"], list[str]()
    for address in addresses:
        page = carol.get(address)
        shown += listed(page)
        assert 'value="customer"' in page.body
        assert (">Newest<" in page.body) == (address != addresses[0])
        addresses += [unescape(each) for each in re.findall(r'href="(/history\?[^"]+)" rel="next"', page.body)]

    assert shown[:5] == asked
    assert len(set(shown)) == len(shown)


def test_one_that_cannot_be_read_is_told_and_breaks_no_page(office: Running) -> None:
    spoilt, whole = office.ask("dan", "narrow"), office.ask("dan", "narrow")
    office.settled()
    request = office.request(spoilt)
    spoil(office.service.store, request)
    try:
        page = Browser(office, CAROL).get("/history")
        none = Browser(office, BOB).get("/history")
        direct = [Browser(office, who).get(f"/request/{spoilt}").status for who in (CAROL, DAN, BOB)]
    finally:
        spoil(office.service.store, request, msgspec.json.encode(request))

    assert f"{spoilt} " in page.words
    assert "its record cannot be read. Tell whoever runs this app." in page.words
    assert whole in listed(page)
    assert spoilt not in none.body
    assert direct == [404, 404, 404]


def test_a_time_line_tells_everything_in_order_with_how_it_was_proven(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-7 roll out")
    bob, carol = Browser(office, BOB), Browser(office, CAROL)
    office.approve("bob", asked)
    bob.press(bob.get(f"/request/{asked}"), "take_back")
    bob.press(bob.get(f"/request/{asked}"), "approve")
    carol.press(carol.get(f"/request/{asked}"), "sign", printed_name="Carol Chen", meaning="I answer for it")
    office.granted(asked)
    carol.press(carol.get(f"/request/{asked}"), "end", reason="The roll out is <b>done</b>.")
    office.gone(asked)
    office.until(lambda: "grant.removed" in office.actions(asked))

    page = Browser(office, ALICE).get(f"/request/{asked}")

    said = page.words.partition("What happened")[2]
    told = [
        "alice@example.com asked for Deploy for 1 hour, in Slack as the account slack:",
        "bob@example.com approved, in Slack as the account slack:",
        "bob@example.com took the approval back, signed in through Identity-Aware Proxy",
        "bob@example.com approved, signed in through Identity-Aware Proxy as iap:",
        "an account of example.com",
        "carol@example.com signed and approved as “ Carol Chen ”",
        "meaning: “ I answer for it ”",
        "signed in through Identity-Aware Proxy as iap:",
        "Enough people approved: bob@example.com and carol@example.com. The access is from",
        "The access was given: it was read back from Google Cloud.",
        "carol@example.com ended the access.",
        "The roll out is <b>done</b>.",
        "Google Cloud was read, and nothing of the access is left there.",
    ]
    for each in told:
        _, found, said = said.partition(each)
        assert found, each
    assert "<b>" not in page.body


def test_a_time_line_that_is_not_proven_is_not_shown(office: Running) -> None:
    asked = office.ask("alice", "narrow")
    assert "What happened" not in Browser(office, CAROL).get(f"/request/{asked}").words
    assert office.press("alice", "withdraw", asked).ok
    assert "asked for Audit logs" in Browser(office, CAROL).get(f"/request/{asked}").words
    entry = office.service.store.entries(asked)[0]
    forged = msgspec.structs.replace(entry, actor="mallory@example.com")

    for body in (b"\0", msgspec.json.encode(forged)):
        spoil_entry(office.service.store, office.request(asked), body)
        page = Browser(office, CAROL).get(f"/request/{asked}")
        assert page.status == 200
        assert "This cannot be shown" in page.words
        assert "mallory" not in page.words
