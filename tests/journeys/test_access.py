"""From a question in chat to access in Google Cloud and its end, as people go through it."""

from tests.support.running import PROD, Running
from tests.support.shown import buttons, view_words

ALICE = "user:alice@example.com"


def test_one_line_one_approval_and_access_until_its_holder_ends_it(shared: Running) -> None:
    asked = shared.ask("alice", "admin on shop-prod", "INC-1234 disk is full", time="90m")
    card = shared.sees("Needs an approval by sre or security, 0 of 1 done", asked)
    for fact in (
        "alice@example.com",
        "Compute admin",
        "roles/compute.instanceAdmin.v1",
        PROD,
        "INC-1234 disk is full",
        "expires unless decided by",
        "grants it at once",
    ):
        assert fact in card
    assert shared.bindings(asked) == []

    shared.approve("bob", asked)

    (binding,) = shared.granted(asked)
    assert binding["members"] == [ALICE]
    assert binding["role"] == "roles/compute.instanceAdmin.v1"
    assert "request.time <" in binding["condition"]["expression"]
    assert binding["condition"]["description"].startswith("Approved by bob@example.com; countersign:")
    assert "bob@example.com" in shared.sees("Access is active", asked)
    shared.told("alice", "You have access now")

    assert shared.press("alice", "end", asked).ok
    shared.gone(asked)
    shared.sees("Access has ended", asked)
    shared.until(lambda: shared.actions(asked)[-1] == "grant.removed")
    assert shared.actions(asked) == [
        "request.filed",
        "review.approve",
        "request.approved",
        "grant.active",
        "grant.ended",
        "grant.removed",
    ]


def test_two_different_people_have_to_approve(shared: Running) -> None:
    asked = shared.ask("alice", "pair")
    shared.approve("bob", asked)
    shared.told("alice", "bob@example.com approved your request")
    shared.sees("1 more needed", asked)
    assert shared.request(asked).state == "pending"

    shared.approve("carol", asked)

    shared.granted(asked)
    assert shared.request(asked).decision.by == ("bob@example.com", "carol@example.com")  # type: ignore[union-attr]
    assert "approved by bob@example.com and carol@example.com" in shared.sees("Access is active", asked)


def test_a_colleague_approves_and_then_security_signs(shared: Running) -> None:
    asked = shared.ask("alice", "signed", "CHG-42 release 7")
    assert "not your turn yet: 1 of sre must approve first" in shared.refused("carol", "approve", asked)
    shared.approve("dan", asked)
    assert shared.press("carol", "sign", asked).ok
    form = shared.box.slack.view("carol")
    assert form is not None
    assert "CHG-42 release 7" in str(form["blocks"])
    assert shared.grant(asked) == ""

    signed = {"printed_name": "Carol Chen", "meaning": "I reviewed this and approve it."}
    assert shared.box.slack.submit("carol", signed).ok

    assert {binding["role"] for binding in shared.granted(asked)} == {
        "roles/run.developer",
        "roles/artifactregistry.writer",
    }
    card = shared.sees("Access is active", asked)
    assert "Carol Chen" in card
    assert "I reviewed this and approve it." in card
    review = shared.request(asked).reviews[-1]
    assert review.attestation is not None
    assert review.attestation.printed_name.text == "Carol Chen"


def test_the_reason_of_a_denial_reaches_the_requester(shared: Running) -> None:
    asked = shared.ask("alice", "admin")
    shared.press("dan", "deny", asked)
    shared.box.slack.submit("dan", {"reason": "Use Read logs for that."})

    assert "Use Read logs for that." in shared.told("alice", "was denied by dan@example.com")
    shared.sees("Denied", asked)
    assert shared.press("bob", "details", asked).ok
    assert "Use Read logs for that." in view_words(shared.box.slack.view("bob"))
    assert "approve" not in {b for card in shared.cards(asked) for b in buttons(card)}
    assert shared.grant(asked) == ""


def test_a_denial_without_a_reason_is_no_denial(shared: Running) -> None:
    asked = shared.ask("alice", "admin")
    shared.press("dan", "deny", asked)
    outcome = shared.box.slack.submit("dan", {"reason": "   "})

    assert set(outcome.errors) == {"reason"}
    assert shared.request(asked).reviews == ()
    shared.box.slack.close("dan")


def test_only_its_requester_withdraws_a_request(shared: Running) -> None:
    asked = shared.ask("alice", "admin")
    answer = shared.box.slack.command("bob", f"/jit withdraw {asked}")
    assert "Only the person who asked" in answer.body
    assert shared.request(asked).state == "pending"

    assert shared.press("alice", "withdraw", asked).ok

    shared.sees("Withdrawn", asked)
    assert shared.request(asked).state == "withdrawn"
    assert shared.bindings(asked) == []


def test_an_approver_can_end_the_access_of_another_person(shared: Running) -> None:
    asked = shared.ask("alice", "admin")
    shared.approve("bob", asked)
    shared.granted(asked)

    assert shared.press("carol", "end", asked).ok
    assert shared.box.slack.submit("carol", {"reason": "The incident is over."}).ok

    shared.gone(asked)
    shared.told("alice", "Your access was taken away")
    assert "carol@example.com" in shared.sees("Access was revoked", asked)


def test_access_of_ones_own_is_granted_at_once_and_said_to_be_so(shared: Running) -> None:
    outcome = shared.box.slack.command("bob", "/jit request logs for 1h because INC-5")
    asked = shared.filed(outcome)

    (binding,) = shared.granted(asked)
    assert binding["members"] == ["user:bob@example.com"]
    assert "self" in binding["condition"]["description"].lower()
    shared.sees("Access is active", asked)
    assert shared.request(asked).reviews == ()


def test_nobody_decides_in_time_and_the_request_expires(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.ahead(minutes=61)

    assert "Nobody decided in time" in office.sees("Expired", asked)
    office.told("alice", "Expired")
    assert office.request(asked).state == "expired"


def test_access_ends_by_itself_when_its_time_is_over(office: Running) -> None:
    asked = office.ask("alice", "admin", time="30m")
    office.approve("bob", asked)
    office.granted(asked)
    office.ahead(minutes=31)

    office.gone(asked)
    office.sees("Access has ended", asked)
    office.told("alice", "Your access has ended")


def test_mine_and_pending_list_what_concerns_each_person(office: Running) -> None:
    waits, stands = office.ask("alice", "admin"), office.ask("bob", "admin")
    office.approve("alice", stands)
    office.granted(stands)

    assert waits in office.box.slack.command("alice", "/jit mine").body
    assert waits in office.box.slack.command("bob", "/jit pending").body
    assert waits not in office.box.slack.command("alice", "/jit pending").body
    mine = office.box.slack.command("bob", "/jit mine").body
    assert f'"value": "{stands}"' in mine
    assert "|Open it>" in mine
