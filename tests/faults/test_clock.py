"""The machine's clock jumps an hour ahead or back: no record runs backwards, no access outlives its window."""

from datetime import timedelta

from countersign_client.chain import verify
from tests.support.running import Running


def jump(office: Running, hours: int) -> None:
    """The clock is wrong from now on; nothing tells the service."""
    office.clock.ahead += timedelta(hours=hours)


def whole(office: Running, asked: str) -> None:
    entries = office.service.store.entries(asked)
    verify(entries, request=asked, head=office.service.store.head(asked))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_a_jump_ahead_lets_a_request_expire_for_good(office: Running) -> None:
    asked = office.ask("alice", "admin")
    jump(office, 1)
    office.service.background.wake()
    office.until(lambda: office.request(asked).state == "expired")
    jump(office, -1)

    assert office.request(asked).state == "expired"
    office.sees("Expired", asked)
    whole(office, asked)


def test_a_button_from_a_time_that_the_clock_has_left_again_decides_nothing(office: Running) -> None:
    asked = office.ask("alice", "admin", time="2h")
    card = office.card(asked, having="approve", by="bob")
    jump(office, -1)
    office.box.slack.press("bob", "approve", message=card)

    office.until(lambda: [said for said in office.whispers("bob") if "does not come from this service" in said])
    assert office.request(asked).reviews == ()
    jump(office, 1)
    office.approve("bob", asked)
    office.granted(asked)
    whole(office, asked)


def test_a_jump_ahead_ends_what_is_over_and_a_jump_back_does_not_revive_it(office: Running) -> None:
    asked = office.ask("alice", "admin", time="30m")
    office.approve("bob", asked)
    office.granted(asked)
    jump(office, 1)
    office.service.background.wake()
    office.gone(asked)
    jump(office, -1)
    office.service.background.wake()
    office.settled()

    assert office.grant(asked) == "ended"
    assert office.bindings(asked) == []
    assert office.actions(asked).count("grant.active") == 1
    whole(office, asked)


def test_the_service_goes_on_serving_after_a_jump_back(office: Running) -> None:
    jump(office, 1)
    first = office.ask("alice", "admin", time="2h")
    office.approve("bob", first)
    office.granted(first)
    jump(office, -1)

    second = office.ask("dan", "admin", "INC-2", time="2h")
    office.approve("bob", second)
    office.granted(second)
    assert "ended it early" in office.box.slack.command("alice", f"/jit end {first}").body
    office.gone(first)
    office.sees("Access has ended", first)
    whole(office, first)
