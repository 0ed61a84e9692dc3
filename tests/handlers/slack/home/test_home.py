"""What the Home tab shows and does."""

from typing import Any

import msgspec
import pytest

from approvals.limits import Limits
from approvals.requests import Request
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import (
    at_home,
    below,
    is_decided,
    is_frozen,
    of_another,
    offered,
    opened,
    person,
    seen,
    text,
    told,
    waits,
)
from tests.handlers.slack.test_acting import ASSERTED, ask
from tests.handlers.slack.test_emergencies import TYPED, for_emergencies

COMPUTE = "compute-admin-prod"


def has_access(bed: Bed) -> Request:
    """Access of alice's, on her tab."""
    request = bed.file("alice")
    is_decided(bed)
    opened(bed, "alice")
    return bed.store.request(request.id)


def test_approving_at_home_counts_and_takes_the_request_away(bed: Bed) -> None:
    request = waits(bed)
    home = at_home(bed, "bob")
    assert {"approve", "deny", "offer", "home_ask"} <= offered(home)
    assert "take_back" not in offered(home)
    shown = text(home)
    assert all(each in shown for each in ("alice@example.com", "projects/shop-prod", "CHG-42 disk full"))

    assert bed.box.slack.press_at_home("bob", "approve").ok

    assert bed.store.request(request.id).state == "approved"
    assert "Nothing waits for your approval" in text(
        at_home(bed, "bob", until=lambda found: found["hash"] != home["hash"])
    )


def test_denying_at_home_asks_why_and_draws_the_tab_anew(bed: Bed) -> None:
    request = waits(bed)
    bed.box.slack.press_at_home("bob", "deny")
    assert bed.box.slack.submit("bob", {"reason": "not tonight"}).ok

    assert bed.store.request(request.id).state == "denied"
    at_home(bed, "bob", until=lambda found: "Nothing waits" in text(found))


def test_an_offer_is_accepted_and_a_request_withdrawn_at_home(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "offer", bed.draw(request))
    bed.box.slack.submit("bob", {"duration": "30m"})
    home = opened(bed, "alice")
    assert {"accept", "withdraw"} <= offered(home)
    assert "30 minutes instead of 1 hour" in text(home)

    assert bed.box.slack.press_at_home("alice", "accept").ok
    assert bed.store.request(request.id).revision == 2
    at_home(bed, "alice", until=lambda found: "accept" not in offered(found))
    assert bed.box.slack.press_at_home("alice", "withdraw").ok
    assert bed.store.request(request.id).state == "withdrawn"


def test_an_offer_is_told_once(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "offer", bed.draw(request))
    bed.box.slack.submit("bob", {"duration": "30m"})

    assert text(opened(bed, "alice")).count("bob@example.com offers less") == 1


def test_what_an_application_asked_in_ones_name_is_shown_whole_and_confirmed_at_home(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    home = opened(bed, "alice")
    assert {"confirm", "withdraw"} <= offered(home)
    assert all(each in text(home) for each in ("Asked for in your name", "250.00 EUR", "It broke."))
    assert "confirm" not in offered(opened(bed, "bob"))

    assert bed.box.slack.press_at_home("alice", "confirm").ok

    assert bed.store.request(request.id).confirmed is not None
    at_home(bed, "alice", until=lambda found: "Asked for in your name" not in text(found))


def test_the_history_holds_what_does_not_stand_above_it_unless_it_is_looked_for(bed: Bed) -> None:
    withdrawn = [bed.file("alice") for _ in range(8)]
    for each in withdrawn:
        bed.box.slack.command("alice", f"/jit withdraw {each.id}")
    waiting = bed.file("alice")

    home = opened(bed, "alice")
    assert below(home, "History").count(waiting.id) == 0
    assert text(home).count(waiting.id) == 1
    shown = [each.id for each in withdrawn if each.id in text(home)]
    assert shown == [each.id for each in withdrawn[2:]]
    bed.box.slack.press_at_home("alice", "home_older")
    older = at_home(bed, "alice", until=lambda found: withdrawn[0].id in text(found))
    assert [each.id for each in withdrawn if each.id in text(older)] == [each.id for each in withdrawn[:2]]

    bed.box.slack.press_at_home("alice", "home_search")
    assert bed.box.slack.submit("alice", {"state": "pending"}).ok
    at_home(bed, "alice", until=lambda found: waiting.id in below(found, "History"))


def test_lists_are_told_apart_and_begin_with_what_it_is(bed: Bed) -> None:
    bed.file("alice")
    waits(bed)
    for home in (opened(bed, "alice"), opened(bed, "bob")):
        kinds = [block["type"] for block in home["blocks"]]
        titles = [place for place, kind in enumerate(kinds) if kind == "header"]
        assert [kinds[place - 1] for place in titles] == ["divider"] * len(titles)
        assert {home["blocks"][place]["text"]["text"] for place in titles} <= {
            "Waiting for you",
            "Your requests",
            "History",
        }
    rows = [block["text"]["text"] for block in opened(bed, "alice")["blocks"] if block["type"] == "section"]
    assert sum(row.startswith("*Compute admin") for row in rows) == 2


def test_access_is_extended_and_ended_at_home(bed: Bed) -> None:
    request = has_access(bed)
    home = at_home(bed, "alice")
    assert {"end", "extend"} <= offered(home)

    assert bed.box.slack.press_at_home("alice", "end").ok
    at_home(bed, "alice", until=lambda found: "end" not in offered(found))
    grant = bed.store.request(request.id).grant
    assert grant is not None
    assert grant.state == "ended"


def test_an_emergency_is_reviewed_at_home(bed: Bed) -> None:
    bed.policy = for_emergencies(bed.policy)
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.submit("alice", TYPED)
    bed.box.slack.submit("alice")
    (request,) = bed.store.open_of("alice@example.com")
    home = opened(bed, "bob")
    assert "Emergencies for you to review" in text(home)

    bed.box.slack.press_at_home("bob", "justified")
    assert bed.box.slack.submit("bob", {"reason": "it was down"}).ok
    found = bed.store.request(request.id).after_review
    assert found is not None
    assert found.finding is not None
    at_home(bed, "bob", until=lambda one: "Emergencies" not in text(one))


def test_asking_at_home_opens_the_form_and_shows_what_was_asked(bed: Bed) -> None:
    opened(bed, "alice")
    assert bed.box.slack.press_at_home("alice", "home_ask").ok
    typed = {"entitlement": COMPUTE, "duration": "1h", "justification": "CHG-43 from home"}
    assert bed.box.slack.submit("alice", typed).ok
    (request,) = bed.requests()
    at_home(bed, "alice", until=lambda found: request.id in text(found) and "withdraw" in offered(found))


def test_the_history_is_searched_and_turned_at_home(bed: Bed) -> None:
    filed = [bed.file("alice") for _ in range(8)]
    for each in filed:
        bed.box.slack.command("alice", f"/jit withdraw {each.id}")
    newest = text(opened(bed, "alice"))
    assert filed[-1].id in newest
    assert filed[0].id not in newest

    bed.box.slack.press_at_home("alice", "home_older")
    at_home(bed, "alice", until=lambda found: filed[0].id in text(found) and filed[-1].id not in text(found))

    bed.box.slack.press_at_home("alice", "home_search")
    wrong = bed.box.slack.submit("alice", {"who": "nobody", "since": "2026-11-28", "until": "2026-11-01"})
    assert set(wrong.errors) == {"until"}
    assert "who" in bed.box.slack.submit("alice", {"who": "nobody"}).errors
    assert bed.box.slack.submit("alice", {"state": "approved"}).ok
    at_home(bed, "alice", until=lambda found: "Nothing that was looked for" in text(found))
    bed.box.slack.press_at_home("alice", "home_newest")
    at_home(bed, "alice", until=lambda found: filed[-1].id in text(found))


def test_the_history_is_searched_by_words_and_by_days(bed: Bed) -> None:
    found = [bed.file("alice"), bed.file("alice", "customer-data")]
    for each in found:
        bed.box.slack.command("alice", f"/jit withdraw {each.id}")
    one, other = (each.id for each in found)
    opened(bed, "alice")

    for typed, shown in (
        ({"what": "customer data"}, {other}),
        ({"what": "", "since": "2020-01-01", "until": "2090-01-01"}, {one, other}),
        ({"since": "2090-01-01", "until": "2090-01-02"}, set()),
        ({"since": "2020-01-01", "until": "2020-01-02"}, set()),
    ):
        bed.box.slack.press_at_home("alice", "home_search")
        assert bed.box.slack.submit("alice", typed).ok

        def fits(home: dict[str, Any], shown: set[str] = shown) -> bool:
            return {each for each in (one, other) if each in text(home)} == shown

        at_home(bed, "alice", until=fits)


def test_the_tab_says_who_is_frozen(bed: Bed) -> None:
    is_frozen(bed)
    home = opened(bed, "alice")
    assert "Your administrators have frozen everything" in text(home)
    bed.box.slack.press_at_home("alice", "home_ask")
    assert "frozen" in told(bed, "alice")


def test_a_tab_that_was_drawn_since_is_drawn_from_what_is_so_now(bed: Bed) -> None:
    request = waits(bed)
    stale = seen(bed, "bob")
    bed.box.slack.state.publish(person(bed, "bob"), stale.sent)  # by another process

    bed.box.slack.press_at_home("bob", "approve", home=stale)

    at_home(bed, "bob", until=lambda found: "Nothing waits" in text(found))
    assert bed.store.request(request.id).state == "approved"


def test_what_comes_too_late_for_a_form_is_said_among_the_direct_messages(bed: Bed) -> None:
    waits(bed)
    bed.box.slack.faults.add("views.open", "refuse", code="expired_trigger_id")
    bed.box.slack.press_at_home("alice", "approve", home=of_another(bed, "bob", presses="alice"))
    assert "cannot decide on your own request" in bed.whispers("alice")[0]


def test_where_the_app_has_no_home_tab_the_log_says_so_once(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    state = bed.box.slack.state
    home = msgspec.structs.replace(state.world.bot, home_tab=False)
    state.world = msgspec.structs.replace(state.world, bot=home)
    caplog.set_level("INFO", "countersign.slack")

    def refused() -> list[str]:
        return [one.levelname for one in caplog.records if "not_enabled" in one.getMessage()]

    assert bed.box.slack.open_home("alice").ok
    assert bed.box.slack.wait(refused)
    assert bed.box.slack.open_home("alice").ok
    assert bed.box.slack.wait(lambda: len(refused()) > 1)
    assert refused() == ["WARNING", "INFO"]
    assert "switch the Home tab on" in caplog.text


def test_an_event_of_another_tab_draws_nothing(bed: Bed) -> None:
    assert bed.box.slack.open_home("alice", tab="messages").ok
    assert opened(bed, "bob")
    assert bed.box.slack.home("alice") is None


def test_much_that_waits_fits_one_tab(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, limits=Limits(pending=60))
    for _ in range(14):
        bed.file("alice", justification="CHG-42 " + "& <b> " * 150)
    home = opened(bed, "bob")
    assert len(home["blocks"]) <= 100
    assert "More wait for you" in text(home)
    mine = opened(bed, "alice")
    assert len(mine["blocks"]) <= 100
    assert "and 6 more: " in text(mine)


def test_who_is_away_reads_there_until_when_and_how_to_be_back_and_so_does_who_stands_in(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, delegates=("user:bob@example.com",))
    assert "stands in" not in text(opened(bed, "carol"))
    bed.box.slack.command("carol", "/jit away until tomorrow to bob@example.com")

    shown = text(opened(bed, "carol"))
    assert "bob@example.com stands in for you" in shown
    assert "Once you are back, write /jit back." in shown
    assert "You stand in for carol@example.com until" in text(opened(bed, "bob"))
