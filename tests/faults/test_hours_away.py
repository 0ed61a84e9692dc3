"""Slack or Google is away for a whole hour: nothing decided is lost, nothing is done too late or twice."""

from sandbox.google.faults import Fault
from tests.support.running import PROD, Running

MESSAGES = ("chat.postMessage", "chat.update", "chat.postEphemeral", "conversations.open")


def hour(office: Running) -> None:
    """Let an hour go by, in which the service looks at what is due every minute."""
    for _ in range(60):
        office.ahead(minutes=1)
        office.settled()


def test_slack_is_away_for_an_hour(office: Running) -> None:
    short = office.ask("alice", "admin", time="30m")
    long = office.ask("dan", "admin", "INC-2", time="3h")
    waiting = office.ask("alice", "pair", "INC-3")
    for method in MESSAGES:
        office.box.slack.faults.add(method, "error", times=100_000)
    for asked in (short, long):
        office.approve("bob", asked)
        office.granted(asked)
    hour(office)
    assert office.grant(short) == "ended"
    assert office.bindings(short) == []
    assert office.bindings(long)
    assert office.request(waiting).state == "expired"

    office.box.slack.faults.clear()
    office.ahead(minutes=10)

    office.sees("Access has ended", short)
    office.sees("Access is active", long)
    office.sees("Expired", waiting)
    office.told("dan", "You have access now")
    for asked in (short, long, waiting):
        assert len(office.cards(asked)) == 1
        assert office.actions(asked).count("grant.active") <= 1


def test_google_is_away_for_an_hour(office: Running) -> None:
    held = office.ask("alice", "admin", time="30m")
    office.approve("bob", held)
    (standing,) = office.granted(held)
    office.box.google.faults.set(Fault(method="IamPolicy", times=100_000, status=503))
    missed = office.ask("dan", "admin", "INC-2", time="30m")
    kept = office.ask("dan", "signed", "CHG-3", time="2h")
    late = office.ask("bob", "admin", "INC-4", time="3h")
    office.approve("bob", missed)
    office.approve("carol", late)
    window = office.request(late).grant
    assert window is not None
    hour(office)
    assert office.grant(held) == "ended"
    assert not office.box.google.in_force(PROD, standing["role"], "user:alice@example.com", office.clock())
    assert office.grant(missed) == "failed"
    assert office.grant(late) == "activating"
    assert office.request(kept).state == "expired"

    office.box.google.faults.clear()
    office.ahead(minutes=10)

    office.granted(late)
    office.gone(held)
    after = office.request(late).grant
    assert after is not None
    assert after.window == window.window
    assert office.bindings(missed) == []
    office.sees("Access failed", missed)
    office.sees("Access is active", late)
    assert office.actions(late).count("grant.active") == 1
