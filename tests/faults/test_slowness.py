"""Everything outside is slow at once: a click is still answered well inside what the workspace waits.

It hangs up then (`operation_timeout`), so an answer of any kind is one that came in time.
"""

from collections.abc import Callable

import pytest

from sandbox.google.faults import Fault
from tests.support.running import Running

CHAT = ("chat.postMessage", "chat.update", "chat.postEphemeral", "conversations.open")


def slow_world(office: Running) -> None:
    """Google and Slack take longer for each call and message than a person waits for an answer."""
    for method in ("getIamPolicy", "setIamPolicy"):
        office.box.google.faults.set(Fault(method=method, times=1000, delay=8))
    for method in CHAT:
        office.box.slack.faults.add(method, "delay", times=1000, seconds=8)


def test_no_click_waits_for_google_or_for_messages(office: Running, hasty: Callable[[], None]) -> None:
    asked = office.ask("alice", "admin")
    more = [office.ask("dan", "admin", f"INC-{number}") for number in range(4)]
    slow_world(office)
    hasty()
    for other in more[:3]:
        office.approve("bob", other)

    office.approve("bob", asked)
    outcome = office.box.slack.command("alice", f"/jit end {asked}")
    filed = office.box.slack.command("alice", "/jit request admin for 1h because INC-2")

    assert office.request(asked).state == "approved"
    assert "ended it early" in outcome.body
    assert "Filed as" in filed.body
    office.box.google.faults.clear()
    office.box.slack.faults.clear()


def test_a_slow_look_at_the_person_is_answered_in_time_and_decides_nothing(
    office: Running, hasty: Callable[[], None]
) -> None:
    asked = office.ask("alice", "admin")
    office.ahead(minutes=5)
    office.box.slack.faults.add("users.info", "delay", times=1000, seconds=8)
    hasty()

    outcome = office.box.slack.press("bob", "approve", message=office.card(asked, having="approve", by="bob"))

    assert (outcome.ok, outcome.status) == (False, 503)
    office.until(lambda: [said for said in office.whispers("bob") if "could not be checked" in said])
    assert office.request(asked).reviews == ()
    office.box.slack.faults.clear()


def test_a_slow_look_at_the_person_is_told_to_who_types_a_command(
    office: Running, hasty: Callable[[], None]
) -> None:
    office.ahead(minutes=5)
    office.box.slack.faults.add("users.info", "delay", times=1000, seconds=8)
    hasty()

    outcome = office.box.slack.command("alice", "/jit request admin for 1h because INC-3")

    assert outcome.ok, outcome
    assert "could not be checked" in outcome.body
    assert "r-" not in outcome.body
    office.box.slack.faults.clear()


def test_a_vote_whose_people_cannot_be_checked_in_time_is_kept_and_decided_later(
    office: Running, hasty: Callable[[], None]
) -> None:
    asked = office.ask("alice", "pair")
    office.approve("bob", asked)
    office.ahead(minutes=5)
    assert office.box.slack.command("carol", "/jit pending").ok
    office.box.slack.faults.add("users.info", "delay", times=1000, seconds=8)
    hasty()

    outcome = office.press("carol", "approve", asked)

    assert outcome.ok, outcome
    assert {review.person for review in office.request(asked).reviews} == {"bob@example.com", "carol@example.com"}
    office.box.slack.faults.clear()
    office.ahead(seconds=30)
    office.granted(asked)


@pytest.mark.parametrize(("person", "form"), [(0.5, 0.8), (0.5, 8.0), (8.0, 8.0)])
@pytest.mark.parametrize("button", ["deny", "sign"])
def test_a_form_that_opens_late_keeps_nobody_waiting(
    office: Running, button: str, person: float, form: float, hasty: Callable[[], None]
) -> None:
    asked = office.ask("alice", "signed", "CHG-1")
    office.approve("bob", asked)
    card = office.card(asked, having=button, by="carol")
    office.ahead(minutes=5)
    office.box.slack.faults.add("users.info", "delay", times=1000, seconds=person)
    office.box.slack.faults.add("views.open", "delay", times=1000, seconds=form)
    hasty()

    outcome = office.box.slack.press("carol", button, message=card)

    assert outcome.status in {200, 503}, outcome
    office.box.slack.faults.clear()


def test_a_slow_workspace_at_the_start_keeps_nobody_waiting(office: Running, hasty: Callable[[], None]) -> None:
    asked = office.ask("alice", "admin")
    card = office.card(asked, having="deny", by="bob")
    office.box.slack.faults.add("auth.test", "delay", times=1000, seconds=0.5)
    office.restart()
    office.ahead(minutes=5)
    for method, late in (("users.info", 0.5), ("views.open", 0.8)):
        office.box.slack.faults.add(method, "delay", times=1000, seconds=late)
    hasty()

    outcome = office.box.slack.press("bob", "deny", message=card)

    assert outcome.status in {200, 503}, outcome
    office.box.slack.faults.clear()
