"""Deciding by a program: what is refused with which code, and that what counts is the same as on card and page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.freezes import freezing
from approvals.reviews import typed
from sandbox.iap.accounts import google
from tests.handlers.api.conftest import ALICE, BOB, DAN, EVE
from tests.support.callers import Caller, Said
from tests.support.running import Running

ASK = "/v1/requests"
GOOD = {"entitlement": "admin", "justification": "INC-1 disk full"}
Case = Callable[[Running], Said]


def call(office: Running, who: str = BOB) -> Caller:
    return Caller(office, who)


def asked(office: Running, what: str = "admin") -> str:
    return call(office, ALICE).ask(what, why="CHG-1 release")


def freeze(office: Running) -> None:
    freezing.freeze(office.service.store, by="os:root", why=typed("INC-7", salt="s" * 16), now=office.clock())


def at(path: str, **body: Any) -> Case:
    """A post by alice, at an address under the requests."""
    return lambda office: call(office, ALICE).post(f"{ASK}{path}", GOOD | body if not path else body)


def decided(who: str, verdict: str, what: str = "admin", *, changed: Any = None, **body: Any) -> Case:
    """A verdict of somebody's on a request of alice's."""

    def case(office: Running) -> Said:
        request_id, caller = asked(office, what), call(office, who)
        return caller.post(f"{ASK}/{request_id}/{verdict}", caller.shown(request_id) | (changed or {}) | body)

    return case


def again(first: str, second: str, *, what: str = "admin", by: str = BOB, **body: Any) -> Case:
    """A verdict after somebody's first one on the same request."""

    def case(office: Running) -> Said:
        request_id = asked(office, what)
        assert call(office).decide(request_id, first, **body).status == 200
        return call(office, by).decide(request_id, second, **body)

    return case


def in_order(office: Running) -> Said:
    return call(office, "carol@example.com").decide(asked(office, "signed"))


def signed(office: Running) -> Said:
    request_id = asked(office, "signed")
    assert call(office).decide(request_id).status == 200
    return call(office, "carol@example.com").decide(request_id)


def frozen(what: str) -> Case:
    def case(office: Running) -> Said:
        request_id, bob = asked(office), call(office)
        shown = bob.shown(request_id)
        freeze(office)
        if what == "ask":
            return call(office, ALICE).post(ASK, GOOD)
        return bob.post(f"{ASK}/{request_id}/{what}", shown | ({"reason": "no"} if what == "deny" else {}))

    return case


def withdrawn_twice(office: Running) -> Said:
    request_id = asked(office)
    assert call(office, ALICE).post(f"{ASK}/{request_id}/withdraw").status == 200
    return call(office, ALICE).post(f"{ASK}/{request_id}/withdraw")


def withdrawn_by_another(office: Running) -> Said:
    return call(office).post(f"{ASK}/{asked(office)}/withdraw")


def ended(who: str, **body: Any) -> Case:
    def case(office: Running) -> Said:
        request_id = asked(office)
        assert call(office).decide(request_id).status == 200
        return call(office, who).post(f"{ASK}/{request_id}/end", body)

    return case


def unheard_of(verdict: str) -> Case:
    return lambda office: call(office).post(
        f"{ASK}/r-0000000000/{verdict}",
        {"revision": 1, "digest": "x", "reason": "no"}
        if verdict == "deny"
        else ({} if verdict in ("withdraw", "end") else {"revision": 1, "digest": "x"}),
    )


def of_no_concern(verdict: str) -> Case:
    def case(office: Running) -> Said:
        request_id = asked(office, "narrow")
        shown = call(office, ALICE).shown(request_id)
        return call(office, EVE).post(
            f"{ASK}/{request_id}/{verdict}", {} if verdict in ("withdraw", "end") else shown
        )

    return case


REFUSED: list[tuple[Case, int, str]] = [
    (at("", entitlement="none"), 422, "entitlement"),
    (at("", duration="soon"), 422, "duration"),
    (at("", duration="9h"), 422, "duration.long"),
    (at("", duration="0s"), 422, "duration"),
    (at("", justification=" \u200b"), 422, "justification.missing"),
    (at("", justification="x" * 1001), 422, "justification.long"),
    (at("", entitlement="signed", justification="because"), 422, "justification.pattern"),
    (lambda office: call(office, EVE).post(ASK, GOOD | {"entitlement": "pair"}), 403, "requester"),
    (at("", replaces="r-0000000000"), 422, "older"),
    (lambda office: call(office, BOB).post(ASK, GOOD | {"replaces": asked(office)}), 422, "older"),
    (frozen("ask"), 409, "frozen"),
    (frozen("approve"), 409, "frozen"),
    (frozen("deny"), 409, "frozen"),
    (decided(ALICE, "approve"), 403, "self.decide"),
    (decided(ALICE, "deny", reason="no"), 403, "self.decide"),
    (decided(BOB, "approve", changed={"revision": 2}), 409, "changed"),
    (decided(BOB, "approve", changed={"digest": "0" * 64}), 409, "changed"),
    (decided(BOB, "deny", changed={"digest": ""}, reason="no"), 409, "changed"),
    (decided(BOB, "take_back", changed={"revision": 0}), 409, "changed"),
    (decided(BOB, "deny", reason=" \u200b "), 422, "reason"),
    (decided(BOB, "deny", reason="x" * 1001), 422, "member"),
    (decided(BOB, "approve", comment="x" * 1001), 422, "member"),
    (decided(BOB, "take_back"), 409, "no_vote"),
    (again("approve", "take_back"), 409, "decided"),
    (again("approve", "approve", by=DAN), 409, "decided"),
    (in_order, 409, "not_yet"),
    (signed, 403, "sign_required"),
    (withdrawn_twice, 409, "decided"),
    (withdrawn_by_another, 403, "not_yours"),
    (ended(DAN), 422, "why"),
    (lambda office: call(office, ALICE).post(f"{ASK}/{asked(office)}/end"), 409, "no_grant"),
    *((unheard_of(each), 404, "not_found") for each in ("approve", "deny", "take_back", "withdraw", "end")),
    *((of_no_concern(each), 404, "not_found") for each in ("approve", "take_back", "withdraw", "end")),
]


@pytest.mark.parametrize(("case", "status", "code"), REFUSED)
def test_what_is_refused_says_its_code_and_a_sentence(office: Running, case: Case, status: int, code: str) -> None:
    said = case(office)

    assert (said.status, said.code) == (status, code)
    assert " " in said.json["detail"]
    assert said.headers["content-type"] == "application/problem+json"


def test_a_vote_after_the_time_gives_nothing(office: Running, bob: Caller) -> None:
    request_id = asked(office)
    shown = bob.shown(request_id)
    office.clock.ahead += timedelta(hours=1, seconds=1)

    said = bob.post(f"{ASK}/{request_id}/approve", shown)

    # The service may have ended it by then.
    assert (said.status, said.code in ("expired", "decided")) == (409, True)
    office.until(lambda: office.request(request_id).state == "expired")


def test_a_signature_is_given_on_the_page_that_is_said(office: Running, bob: Caller, carol: Caller) -> None:
    request_id = asked(office, "signed")
    assert bob.decide(request_id).json["state"] == "pending"

    shown = carol.get(f"{ASK}/{request_id}").json
    said = carol.decide(request_id)

    assert shown["you"]["can"] == ["sign", "offer", "deny"]
    assert said.json["page"] == shown["page"]
    assert shown["page"].endswith(f"/request/{request_id}")
    assert office.request(request_id).state == "pending"


@pytest.mark.parametrize("account", [google("ci@shop-prod.iam.gserviceaccount.com", hd=""), EVE])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_who_may_not_decide_does_not(office: Running, account: Any, verdict: str) -> None:
    request_id = asked(office)

    said = Caller(office, account).post(f"{ASK}/{request_id}/{verdict}", call(office).shown(request_id))

    assert said.status in (403, 404, 422)
    assert office.request(request_id).reviews == ()


def test_an_approval_grants_what_was_shown_and_is_recorded_with_its_proof(
    office: Running, alice: Caller, bob: Caller
) -> None:
    request_id = alice.ask()
    shown = bob.get(f"{ASK}/{request_id}").json

    said = bob.decide(request_id, comment="fine")

    assert said.status == 200
    assert said.json | {"state": "approved", "vote": "approve", "repeated": False} == said.json
    assert said.json["digest"] == shown["digest"] == office.request(request_id).digest
    review = office.request(request_id).reviews[0]
    assert review.account.startswith("iap:")
    assert (review.channel, review.person, review.how.organisation) == ("iap", BOB, "example.com")
    assert review.comment is not None
    assert review.comment.text == "fine"
    assert office.granted(request_id)
    seen = alice.get(f"{ASK}/{request_id}").json
    assert (seen["access"], seen["you"]["can"]) == ("active", ["extend", "end"])
    assert seen["decision"]["by"] == [BOB]
    assert alice.post(f"{ASK}/{request_id}/end").json["access"] == "ended"
    office.gone(request_id)


def test_a_denial_says_why(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask()

    assert bob.decide(request_id, "deny", reason="not today").json["state"] == "denied"

    seen = alice.get(f"{ASK}/{request_id}").json
    assert seen["decision"] | {"outcome": "denied", "by": [BOB], "comment": "not today"} == seen["decision"]


def test_an_approval_can_be_taken_back_and_given_again(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")

    verdicts = [bob.decide(request_id, what).json["vote"] for what in ("approve", "take_back", "approve")]

    assert verdicts == ["approve", "take_back", "approve"]
    assert [vote.verdict for vote in office.request(request_id).reviews] == verdicts


def test_a_vote_that_stands_already_is_said_and_not_counted_twice(alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")
    bob.decide(request_id)

    said = bob.decide(request_id)

    assert said.json | {"vote": "approve", "repeated": True, "state": "pending"} == said.json


def test_a_new_request_takes_the_place_of_an_older_one(office: Running, alice: Caller) -> None:
    older = alice.ask()

    said = alice.post(ASK, GOOD | {"replaces": older}, key="again")

    assert said.status == 201
    assert office.request(older).state == "withdrawn"
    assert alice.post(ASK, GOOD | {"replaces": older}, key="again").body == said.body


def test_a_card_and_a_call_are_one_vote(office: Running) -> None:
    request_id = office.ask("alice", "pair")
    office.approve("bob", request_id)

    assert call(office).decide(request_id).json["repeated"] is True
    assert call(office, DAN).decide(request_id).json["state"] == "approved"
    assert office.sees("Access is active", request_id)
