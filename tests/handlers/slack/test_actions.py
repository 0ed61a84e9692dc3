"""The buttons: what they refuse, what they commit."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import jwt
import msgspec
import pytest

from approvals.ports.messages import ToAccount
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.support.shown import words


def test_nobody_approves_their_own_request(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)

    bed.press("alice", "approve", card)

    assert "cannot decide on your own request" in bed.whispers("alice")[0]
    assert bed.store.request(request.id).reviews == ()


def test_somebody_who_is_no_approver_is_told_so(bed: Bed) -> None:
    request = bed.file("alice")

    bed.press("carol", "approve", bed.draw(request))

    assert "not an approver" in bed.whispers("carol")[0]
    assert bed.store.request(request.id).reviews == ()


def test_one_person_counts_once_through_two_cards(bed: Bed) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    first, second = bed.draw(request), bed.draw(request, to=ToAccount("slack:T0SANDBOX1/U0BOB"))
    bed.press("bob", "approve", first)

    bed.press("bob", "approve", second)

    assert "already" in bed.whispers("bob")[0]
    stored = bed.store.request(request.id)
    assert (stored.state, len(stored.reviews)) == ("pending", 1)


def test_who_denies_what_they_approved_is_told_that_access_can_be_ended(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.press("bob", "approve", card)

    bed.press("bob", "approve", card)
    (same,) = bed.whispers("bob")
    bed.press("bob", "deny", card)

    _, opposite = bed.whispers("bob", count=2)
    assert " already. That stands; nothing was changed. Approved by bob@example.com " in same
    assert " That stands, but the access can be ended. Approved by bob@example.com " in opposite
    assert opposite.endswith(" The button End access now on its card does that.")


def test_who_approves_what_they_denied_is_told_that_it_can_be_asked_for_anew(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.press("bob", "deny", card)
    bed.box.slack.submit("bob", {"reason": "no"})

    bed.press("bob", "approve", card)

    said = bed.whispers("bob")[0]
    assert said.startswith(
        f"You denied request {request.id} already. That stands; nothing was changed. Denied by "
    )
    assert said.endswith("UTC. It can be asked for anew.")


def test_someone_who_left_the_group_no_longer_counts(bed: Bed) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    card = bed.draw(request)
    bed.press("bob", "approve", card)
    sre = tuple(member for member in bed.policy.groups["sre"] if "bob@" not in member)
    assert len(sre) == 2
    bed.policy = msgspec.structs.replace(bed.policy, groups={**bed.policy.groups, "sre": sre})

    bed.press("dan", "approve", card)

    assert bed.store.request(request.id).state == "pending"


def test_approve_is_refused_where_a_signature_is_demanded(bed: Bed) -> None:
    request = bed.file("alice", "deploy-prod-signed")
    card = bed.draw(request)
    bed.press("bob", "approve", card)
    token = bed.tokens.mint(bed.store.request(request.id), act="review", now=bed.clock())
    _forge(bed, "carol", card, token)

    assert "signature" in bed.whispers("carol")[0]
    assert len(bed.store.request(request.id).reviews) == 1


def _forge(bed: Bed, who: str, card: Message, value: str, *, action: str = "approve") -> None:
    """Send a signed press with a value that no button of ours need have."""
    pressed = {"type": "button", "action_id": action, "block_id": "b", "value": value}
    payload = bed.box.slack.payloads.message_action(bed.box.slack.state.person(who).id, card, pressed)
    answer = bed.box.slack.outward.deliver("interactive", payload)
    assert answer.status == 200, answer


def _tampered(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(jwt.utils.base64url_decode(body))
    claims["sub"] = "r-zzzzzzzzzz"
    return f"{head}.{jwt.utils.base64url_encode(json.dumps(claims).encode()).decode()}.{signature}"


def test_tokens_that_are_not_ours_are_refused(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    good = bed.tokens.mint(request, act="review", now=bed.clock())
    claims = jwt.decode(good, options={"verify_signature": False})
    foreign = jwt.encode(claims, "k" * 32, algorithm="HS256")
    unsigned = jwt.encode(claims, "", algorithm="none")

    for value in ("", "x", "é", good[:-4], _tampered(good), foreign, unsigned, "a" * 2000):
        _forge(bed, "bob", card, value)

    assert all("does not come from this service" in said for said in bed.whispers("bob", count=8))
    assert bed.store.request(request.id).reviews == ()


def test_an_expired_token_is_refused(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.clock.ahead += 3600

    bed.press("bob", "approve", card)

    assert "out of date" in bed.whispers("bob")[0]
    assert bed.store.request(request.id).state == "pending"


def test_a_token_of_another_request_decides_only_that_one(bed: Bed) -> None:
    first, second = bed.file("alice"), bed.file("alice", "quick-look", duration="30s")
    card = bed.draw(first)

    _forge(bed, "bob", card, bed.tokens.mint(second, act="review", now=bed.clock()))

    assert bed.store.request(first.id).state == "pending"
    assert bed.store.request(second.id).state == "approved"


def test_a_decided_request_takes_no_other_decision(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.press("bob", "approve", card)

    bed.press("dan", "deny", card)

    assert "approved already" in bed.whispers("dan")[0]
    assert bed.box.slack.view("dan") is None


def test_two_approvers_at_the_same_instant_make_one_decision(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda who: bed.press(who, "approve", card), ["bob", "dan"]))

    assert all(outcome.ok for outcome in outcomes)
    stored = bed.store.request(request.id)
    assert (stored.state, len(stored.reviews)) == ("approved", 1)


def test_a_replayed_click_changes_nothing(bed: Bed) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    card = bed.draw(request)
    token = bed.tokens.mint(request, act="review", now=bed.clock())
    pressed = {"type": "button", "action_id": "approve", "block_id": "b", "value": token}
    payload = bed.box.slack.payloads.message_action("U0BOB", card, pressed)
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = bed.box.slack.signed(body)

    answers = [bed.box.slack.post(body, headers=headers) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    stored = bed.store.request(request.id)
    assert (stored.state, stored.version, len(stored.reviews)) == ("pending", request.version + 1, 1)


def test_only_the_requester_withdraws(bed: Bed) -> None:
    request = bed.file("alice")
    status = bed.draw(request, kind="status", to=ToAccount("slack:T0SANDBOX1/U0ALICE"))
    _forge(bed, "bob", bed.draw(request), request.id, action="withdraw")

    assert "Only the person who asked" in bed.whispers("bob")[0]
    assert bed.press("alice", "withdraw", status).ok
    assert bed.store.request(request.id).state == "withdrawn"


@pytest.mark.parametrize(("who", "state"), [("alice", "ended"), ("bob", "revoked")])
def test_holder_and_approver_end_access(bed: Bed, who: str, state: str) -> None:
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))
    card = bed.draw(bed.store.request(request.id), token="")

    assert bed.press(who, "end", card).ok
    if who == "bob":
        assert bed.box.slack.submit(who, {"reason": "The incident is over."}).ok

    grant = bed.store.request(request.id).grant
    assert grant is not None
    assert grant.state == state


def test_an_unknown_request_is_no_news_to_anybody(bed: Bed) -> None:
    card = bed.draw(bed.file("alice"))

    _forge(bed, "bob", card, "r-zzzzzzzzzz", action="end")

    assert "no such request" in bed.whispers("bob")[0]


def test_a_refusal_in_a_direct_message_reaches_its_reader(bed: Bed) -> None:
    request = bed.file("alice")
    status = bed.draw(request, kind="status", to=ToAccount("slack:T0SANDBOX1/U0ALICE"))
    bed.press("alice", "withdraw", status)

    bed.press("alice", "withdraw", status)

    assert "This request is over. Withdrawn by alice@example.com " in bed.whispers("alice")[0]


def test_an_error_of_our_own_is_one_sentence_and_an_id(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    card = bed.draw(bed.file("alice"))
    bed.store.close()

    outcome = bed.press("bob", "approve", card)

    said = bed.whispers("bob")[0]
    reference = re.findall(r"e-[0-9a-f]{8}", said)
    assert outcome.status == 500
    assert "Traceback" not in said + outcome.body
    assert len(reference) == 1
    assert reference[0] in caplog.text


def test_the_card_says_everything_before_and_after(bed: Bed) -> None:
    request = bed.file("alice", justification="CHG-42 disk full")
    before = words(bed.draw(request))
    bed.press("bob", "approve", bed.draw(request))
    after = words(bed.draw(bed.store.request(request.id), token=""))

    for text in ("Needs sre's approval", "alice@example.com", "Compute admin on production", "projects/shop-prod"):
        assert text in before
    for text in ("roles/compute.instanceAdmin.v1", "1 hour", "expires unless decided by", request.id):
        assert text in before
    assert "CHG-42 disk full" in before
    assert "approved by bob@example.com" in after
    assert "Approve" not in [e["text"]["text"] for _, e in bed.box.slack.messages("#access")[-1].elements()]


def test_no_token_and_no_typed_text_reaches_a_log(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    request = bed.file("alice", justification="CHG-42 hush-hush")
    card = bed.draw(request)
    token = bed.tokens.mint(request, act="review", now=bed.clock())
    _forge(bed, "bob", card, token + "x")
    bed.box.slack.post(b"payload=hush-hush", headers={})
    bed.box.slack.post(b"payload=%7B%22type%22%3A%22hush-hush%22%7D")
    bed.press("carol", "approve", card)
    bed.whispers("carol")
    bed.press("bob", "approve", card)

    assert "hush-hush" not in caplog.text
    assert token[:20] not in caplog.text
    assert bed.box.bot_token not in caplog.text
